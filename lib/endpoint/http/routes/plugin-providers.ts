import { ModelError } from '../../../models/index.ts';
import type { Exchange, Route } from '../exchange.ts';
import { fileAnswer } from '../file-answer.ts';
import type { Parts } from '../parts.ts';
import { readUpload } from '../upload.ts';
import { countHeaders } from './counts.ts';

/** The providers in the plugins folder, and the routes of plugins. */
export function pluginProviderRoutes({ plugins, providers, host }: Parts): Route[] {
  const details = ({ captures: { name = '' }, method }: Exchange) => ({
    model: 'plugin_providers',
    key: name,
    type: method,
  });
  const get = (exchange: Exchange) => {
    const provider = plugins.provider(exchange.captures.name ?? '');
    if (provider === undefined) throw new ModelError(404, 'Not Found', details(exchange));
    return provider;
  };
  return [
    {
      method: 'GET',
      path: 'plugin_providers',
      handle() {
        const json = plugins.providers();
        return {
          headers: countHeaders({ total: json.length, filtered: json.length, listed: json.length }),
          json,
        };
      },
    },
    { method: 'GET', path: 'plugin_providers/:name', handle: (exchange) => ({ json: get(exchange) }) },
    {
      method: 'POST',
      path: 'plugin_providers/:name',
      async handle(exchange) {
        const upload = await readUpload(exchange.request, details(exchange));
        return { status: 201, json: await providers.upload(exchange.captures.name ?? '', upload) };
      },
    },
    {
      method: 'DELETE',
      path: 'plugin_providers/:name',
      async handle(exchange) {
        await providers.remove(get(exchange).Name);
        return { status: 204 };
      },
    },
    {
      method: 'GET',
      path: 'plugin_providers/:name/binary',
      handle(exchange) {
        const file = providers.fileOf(get(exchange).Name);
        return fileAnswer(providers.directory, file, exchange.request, details(exchange));
      },
    },
    ...['plugin-apis/:plugin', 'plugin-apis/:plugin/*path'].map(
      (path): Route => ({
        method: '*',
        path,
        async handle({ captures: { plugin = '' }, request, response }): Promise<'answered'> {
          await host.forward(plugin, request, response);
          return 'answered';
        },
      }),
    ),
  ];
}
