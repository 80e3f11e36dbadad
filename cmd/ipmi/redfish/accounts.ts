import { at, linkAt, type Resource, textAt, textsAt } from '../../../lib/https/index.ts';
import { foreign, foreignPath, joined, own, say } from '../../../lib/models/index.ts';
import {
  canLogIn,
  expandedMembers,
  type Found,
  isFound,
  rootLink,
  type Service,
  type Unread,
} from '../../../lib/redfish/index.ts';
import { newPassword } from '../new-password.ts';
import type { Params } from '../params.ts';

/** A user of a BMC, as in mode ipmitool, with the fields that Redfish has. */
export interface Account {
  /** A number when the BMC uses numbers. */
  id: number | string;
  name: string;
  enabled?: boolean;
  /** `administrator`, `operator`, `user`, `none`, or a custom role of the BMC. */
  privilege: string;
  /** Whether the user may log in by IPMI over the network. */
  ipmi?: boolean;
  /** Locked after too many failed logins. */
  locked?: boolean;
}

/**
 * The users of a BMC, without unused slots. When some could not be read, the last entry says so. Throws ModelError, 501
 * when the BMC has no account service.
 */
export async function accounts(service: Service): Promise<(Account | { Warnings: string[] })[]> {
  const { found, unread } = await allAccounts(service);
  const list = found.map(({ resource }) => accountOf(resource)).filter(({ name }) => name !== '');
  const [failed] = unread;
  if (list.length === 0 && failed !== undefined) throw failed.error;
  if (failed === undefined) return list;
  return [...list, { Warnings: unread.map(({ error }) => error.messages.join('; ')) }];
}

async function allAccounts(service: Service): Promise<{ found: Found[]; unread: Unread[] }> {
  const link = await rootLink(service, 'AccountService');
  const uri = link === undefined ? undefined : linkAt((await service.get(link)).resource, 'Accounts');
  if (uri === undefined) throw service.error(501, own('has no accounts that Redfish tells of'));
  const { members } = await expandedMembers(service, uri);
  return {
    found: members.filter(isFound),
    unread: members.filter((member): member is Unread => !isFound(member)),
  };
}

/** IPMI privilege levels by RoleId (schema Role). */
const PRIVILEGES: Readonly<Record<string, string>> = {
  administrator: 'administrator',
  operator: 'operator',
  readonly: 'user',
  noaccess: 'none',
  none: 'none',
};

function accountOf(resource: Resource): Account {
  const id = textAt(resource, 'Id') ?? '';
  const role = textAt(resource, 'RoleId') ?? '';
  const [enabled, locked] = [at(resource, 'Enabled'), at(resource, 'Locked')];
  const types = textsAt(resource, 'AccountTypes');
  return {
    id: /^\d{1,9}$/.test(id) ? Number(id) : id,
    name: nameOf(resource),
    ...(typeof enabled === 'boolean' ? { enabled } : {}),
    privilege: PRIVILEGES[role.toLowerCase()] ?? role,
    ...(types === undefined ? {} : { ipmi: types.includes('IPMI') }),
    ...(typeof locked === 'boolean' ? { locked } : {}),
  };
}

function nameOf(resource: Resource): string {
  return (textAt(resource, 'UserName') ?? '').trim();
}

/**
 * Sets the password of a user, and logs in with it as a check. Throws ModelError: 404 that lists the users when there
 * is no such user, 502 when the BMC accepted the password but refuses the login.
 */
export async function setAccountPassword(service: Service, params: Params): Promise<void> {
  const { user, password } = newPassword(params);
  const { found } = await allAccounts(service);
  const names = found.map(({ resource }) => nameOf(resource));
  const account = found[names.indexOf(user)];
  if (account === undefined) {
    const list = joined(names.filter((name) => name !== '').map(foreign), ', ');
    throw service.error(404, say`has no user ${own(JSON.stringify(user))} (ipmi/user); it has ${list}`);
  }
  await service.patch(account.uri, { Password: password });
  if (at(account.resource, 'Enabled') === false) {
    service.info(say`${foreignPath(account.uri)}: is disabled, so that its password was not tried`);
    return;
  }
  switch (await canLogIn(service.connection, service.root, { username: user, password }, service.signal)) {
    case 'yes':
      return;
    case 'unknown':
      service.warn(say`${foreignPath(account.uri)}: took the password; it could not be tried`);
      return;
    case 'no':
      throw service.error(
        502,
        say`${foreignPath(account.uri)}: took the password, and refuses a login with it`,
        own('it may have the old one still, have cut the new one, or not let this user in by Redfish'),
      );
  }
}
