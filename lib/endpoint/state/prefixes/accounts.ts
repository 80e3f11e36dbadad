import type { RawModel } from '../../../models/index.ts';
import { type Claim, claimProblems } from '../claims.ts';
import type { Lookup } from '../lookup.ts';
import { randomSecret } from '../secret.ts';
import { CLAIMS, COMMON, NAME, type Prefix, USER_NAME } from './prefix.ts';

/** Users, roles and tenants. */
export const ACCOUNT_PREFIXES: Readonly<Record<string, Prefix>> = {
  users: {
    key: 'Name',
    name: { pattern: USER_NAME, refusal: 'Invalid Name' },
    fields: { ...COMMON, Name: '', Description: '', PasswordHash: '', Secret: '', Roles: [] },
    omitEmpty: ['PasswordHash'],
    hidden: ['PasswordHash', 'Secret'],
    prepare(user, original) {
      // Clients cannot read the two fields, so values that they send are ignored.
      user.PasswordHash = original?.PasswordHash ?? '';
      user.Secret = original?.Secret ?? randomSecret();
    },
    missing: ({ Roles }, store) =>
      (Roles as string[]).flatMap((role) => {
        if (!store.exists('roles', role)) return [`Role ${role} does not exist`];
        return store.isAvailable('roles', role) ? [] : [`Role ${role} is not available`];
      }),
  },
  roles: {
    key: 'Name',
    name: { pattern: NAME, refusal: 'Invalid Name' },
    fields: { ...COMMON, Name: '', Claims: [], Description: '', Documentation: '' },
    parts: { Claims: CLAIMS },
    change: ({ Claims }, { store }) =>
      (Claims as Claim[]).flatMap((claim) => claimProblems(claim, store.prefixes())),
  },
  tenants: {
    key: 'Name',
    name: { pattern: NAME, refusal: 'Invalid Name' },
    fields: { ...COMMON, Name: '', Description: '', Documentation: '', Members: {}, Users: [] },
    check: ({ Members }) =>
      Object.entries(Members as RawModel).flatMap(([prefix, keys]) =>
        Array.isArray(keys) && keys.every((key) => typeof key === 'string')
          ? []
          : [`Members.${prefix}: expected a list of keys`],
      ),
    needed: missingOfTenant,
  },
};

/** Users that do not exist or belong to another tenant: a user can have only one. */
function missingOfTenant({ Name, Users }: RawModel, store: Lookup): string[] {
  const users = (Users as string[]).filter((user) => !user.includes(':'));
  const problems = users
    .filter((user) => !store.exists('users', user))
    .map((user) => `User ${user} does not exist`);
  if (users.length === 0) return problems;
  for (const other of store.each('tenants')) {
    if (other.Name === Name) continue;
    for (const user of other.Users as string[]) {
      if (users.includes(user)) {
        problems.push(
          `User ${user} already in tenant ${other.Name}, and users can only be in one tenant at a time`,
        );
      }
    }
  }
  return problems;
}
