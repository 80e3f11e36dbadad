import { ModelError } from '../../models/index.ts';
import type { Parts } from '../context.ts';
import type { Exchange, Route } from '../exchange.ts';

/** The providers in the plugins folder. */
export function pluginProviderRoutes({ plugins }: Parts): Route[] {
  const get = ({ caught: { name = '' }, method }: Exchange) => {
    const provider = plugins.provider(name);
    if (provider !== undefined) return provider;
    throw new ModelError(404, 'Not Found', { model: 'plugin_providers', key: name, type: method });
  };
  return [
    {
      method: 'GET',
      path: 'plugin_providers',
      handle() {
        const json = plugins.providers();
        const count = `${json.length}`;
        const headers = {
          'X-DRP-LIST-TOTAL-COUNT': count,
          'X-DRP-LIST-FILTER-COUNT': count,
          'X-DRP-LIST-COUNT': count,
        };
        return { headers, json };
      },
    },
    { method: 'GET', path: 'plugin_providers/:name', handle: (exchange) => ({ json: get(exchange) }) },
  ];
}
