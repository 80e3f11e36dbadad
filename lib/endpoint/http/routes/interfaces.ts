import { ModelError } from '../../../models/index.ts';
import { interfaces } from '../../state/interfaces.ts';
import { keyOf, type Route } from '../exchange.ts';

/** The network interfaces of the endpoint. */
export function interfaceRoutes(): Route[] {
  return [
    { method: 'GET', path: 'interfaces', handle: async () => ({ json: await interfaces() }) },
    {
      method: 'GET',
      path: 'interfaces/:key',
      async handle(exchange) {
        const key = keyOf(exchange);
        const json = (await interfaces()).find(({ Name }) => Name === key);
        if (json === undefined)
          throw new ModelError(404, 'No interface', { model: 'interfaces', key, type: exchange.method });
        return { json };
      },
    },
  ];
}
