import { collection, type Endpoint, link, ROOT } from './endpoint.ts';
import type { AccountOptions } from './options.ts';
import type { Sessions } from './sessions.ts';

/** Users, whose passwords can be changed (schemas AccountService 1.17, ManagerAccount 1.13). */
export function accountService(options: readonly AccountOptions[], sessions: Sessions): [string, Endpoint][] {
  const base = `${ROOT}/AccountService`;
  const uri = (index: number) => `${base}/Accounts/${index + 1}`;
  return [
    [base, { read: () => ({ Id: 'AccountService', Accounts: link(`${base}/Accounts`) }) }],
    [
      `${base}/Accounts`,
      collection(
        'ManagerAccount',
        options.map((_account, index) => uri(index)),
      ),
    ],
    ...options.map(
      ({ name, role = 'Administrator', forgetsPassword, ...tells }, index): [string, Endpoint] => [
        uri(index),
        {
          read: () => ({
            '@odata.type': '#ManagerAccount.v1_13_0.ManagerAccount',
            Id: String(index + 1),
            UserName: name,
            Password: null,
            RoleId: role,
            Enabled: true,
            Locked: false,
            ...tells,
          }),
          change: {
            rules: () => ({ Password: { type: 'string' }, UserName: { type: 'read-only' } }),
            apply: ({ Password }) => {
              if (!forgetsPassword) sessions.passwords.set(name, String(Password));
            },
          },
        },
      ],
    ),
  ];
}
