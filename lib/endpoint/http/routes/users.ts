import { isObject, ModelError } from '../../../models/index.ts';
import { type Claim, claimProblems } from '../../state/claims.ts';
import type { Found } from '../../state/objects.ts';
import { type Exchange, keyOf, type Route, readJson, requesterOf } from '../exchange.ts';
import type { Parts } from '../parts.ts';

const TOKEN_LIFE_SECONDS = 3600;

/** Clients read the endpoint's info before anything else. */
const ALWAYS: Claim = { scope: 'info', action: 'get', specific: '*' };

/** Tokens and passwords of users. The user objects themselves have the routes of all objects. */
export function userRoutes({ objects, authentication, info }: Parts): Route[] {
  /**
   * The requested rights of a token: `roles`, or `scope`, `action` and `specific`, each `*` by default. Undefined: all
   * rights. Throws ModelError 400 for unknown roles or actions.
   */
  const wantedClaims = (exchange: Exchange, { key, object }: Found): readonly Claim[] | undefined => {
    const { query, claims: own, method } = exchange;
    const refuse = (code: number, problems: string | string[]) =>
      new ModelError(code, problems, { model: 'users', key, type: method });
    const limits = ['scope', 'action', 'specific'].filter((name) => query.get(name));
    const roles = query.get('roles');
    if (limits.length === 0 && !roles) return own;
    if (own !== undefined) throw refuse(403, 'A token with limits gives tokens with the same limits');
    if (limits.length > 0 && roles) throw refuse(400, 'expected roles, or scope, action and specific');
    if (roles) {
      const has = object.Roles as string[];
      const wanted = roles.split(',').map((role) => role.trim());
      const granted = wanted.filter((role) => has.includes(role) || has.includes('superuser'));
      return [
        ALWAYS,
        ...granted.flatMap((role) => (objects.lookup.get('roles', role)?.Claims ?? []) as Claim[]),
      ];
    }
    const part = (name: string) => query.get(name) || '*';
    const claim = { scope: part('scope'), action: part('action'), specific: part('specific') };
    const problems = claimProblems(claim, objects.names());
    if (problems.length > 0) throw refuse(400, problems);
    return [ALWAYS, claim];
  };
  return [
    {
      method: 'GET',
      path: 'users/:key/token',
      handle(exchange) {
        const user = objects.get('users', keyOf(exchange), requesterOf(exchange));
        const { key } = user;
        const ttl = exchange.query.get('ttl') ?? `${TOKEN_LIFE_SECONDS}`;
        if (!/^\d{1,10}$/.test(ttl)) {
          throw new ModelError(400, `ttl: not a number of seconds: ${ttl}`, {
            model: 'users',
            key,
            type: 'GET',
          });
        }
        const claims = wantedClaims(exchange, user);
        return { json: { Token: authentication.token(`user:${key}`, Number(ttl), claims), Info: info() } };
      },
    },
    {
      method: 'PUT',
      path: 'users/:key/password',
      async handle(exchange) {
        const body = await readJson(exchange);
        const { key } = objects.get('users', keyOf(exchange), requesterOf(exchange));
        if (!isObject(body) || typeof body.Password !== 'string' || body.Password === '') {
          throw new ModelError(400, 'Password: expected text', { model: 'users', key, type: 'PUT' });
        }
        await authentication.setPassword(key, body.Password);
        return { json: objects.view('users', objects.get('users', key, requesterOf(exchange)).object) };
      },
    },
  ];
}
