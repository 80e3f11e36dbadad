import { isObject, ModelError } from '../../../models/index.ts';
import { keyOf, type Route, readJson, requesterOf } from '../exchange.ts';
import type { Parts } from '../parts.ts';

const TOKEN_LIFE_SECONDS = 3600;

/** Tokens and passwords; the users themselves are objects like others. */
export function userRoutes({ objects, authentication, info }: Parts): Route[] {
  return [
    {
      method: 'GET',
      path: 'users/:key/token',
      handle(exchange) {
        const { key } = objects.get('users', keyOf(exchange), requesterOf(exchange));
        const ttl = exchange.query.get('ttl') ?? `${TOKEN_LIFE_SECONDS}`;
        if (!/^\d{1,10}$/.test(ttl)) {
          throw new ModelError(400, `ttl: not a number of seconds: ${ttl}`, {
            model: 'users',
            key,
            type: 'GET',
          });
        }
        return { json: { Token: authentication.token(`user:${key}`, Number(ttl)), Info: info() } };
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
