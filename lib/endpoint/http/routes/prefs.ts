import { isObject, ModelError } from '../../../models/index.ts';
import { preferences, setPreferences } from '../../state/set-preferences.ts';
import { type Route, readJson, requesterOf } from '../exchange.ts';
import type { Parts } from '../parts.ts';

/** The preferences of the endpoint. */
export function prefRoutes({ objects, authentication, plugins }: Parts): Route[] {
  return [
    { method: 'GET', path: 'prefs', handle: () => ({ json: preferences(objects) }) },
    {
      method: 'POST',
      path: 'prefs',
      async handle(exchange) {
        const body = await readJson(exchange);
        if (!isObject(body))
          throw new ModelError(400, 'expected an object of preferences', { model: 'prefs', type: 'POST' });
        const secrets = setPreferences(objects, body, requesterOf(exchange));
        if (secrets.size > 0) {
          authentication.setTokenSecrets(secrets);
          // Each plugin has a token, which became invalid.
          for (const { Name } of plugins.providers()) plugins.applyAll(Name);
        }
        return { status: 201, json: preferences(objects) };
      },
    },
  ];
}
