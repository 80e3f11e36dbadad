import { isInUse, type User, type UserPrivilege } from '../commands/users.ts';
import { parseFields } from './fields.ts';

const PRIVILEGES: Readonly<Record<string, UserPrivilege>> = {
  CALLBACK: 'callback',
  USER: 'user',
  OPERATOR: 'operator',
  ADMINISTRATOR: 'administrator',
  OEM: 'oem',
};

/** Parses the output of `channel getaccess`. */
export function parseUsers(text: string): User[] {
  return text
    .split(/^(?=User ID\s*:)/m)
    .slice(1)
    .map((section) => {
      const fields = parseFields(section);
      const enabled = String(fields['Enable Status']);
      return {
        id: Number(fields['User ID']),
        name: String(fields['User Name'] ?? ''),
        ...((enabled === 'enabled' || enabled === 'disabled') && { enabled: enabled === 'enabled' }),
        privilege: PRIVILEGES[String(fields['Privilege Level'])] ?? 'none',
        ipmi: fields['IPMI Messaging'] === 'enabled',
        fixedName: fields['Fixed Name'] === 'Yes',
      };
    })
    .filter(isInUse);
}
