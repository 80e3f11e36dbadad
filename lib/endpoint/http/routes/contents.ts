import { type Exchange, type Route, readJson, requesterOf } from '../exchange.ts';
import type { Parts } from '../parts.ts';

export function contentRoutes({ contents }: Parts): Route[] {
  const name = ({ captures }: Exchange) => captures.name ?? '';
  const replacesWritable = ({ query }: Exchange) => query.get('replaceWritable') === 'true';
  return [
    { method: 'GET', path: 'contents', handle: () => ({ json: contents.list() }) },
    {
      method: 'POST',
      path: 'contents',
      async handle(exchange) {
        const body = await readJson(exchange);
        return {
          status: 201,
          json: contents.create(body, requesterOf(exchange), replacesWritable(exchange)),
        };
      },
    },
    {
      method: 'GET',
      path: 'contents/:name',
      handle: (exchange) => ({ json: contents.get(name(exchange), exchange.method) }),
    },
    {
      method: 'PUT',
      path: 'contents/:name',
      async handle(exchange) {
        const body = await readJson(exchange);
        return {
          json: contents.replace(name(exchange), body, requesterOf(exchange), replacesWritable(exchange)),
        };
      },
    },
    {
      method: 'DELETE',
      path: 'contents/:name',
      handle(exchange) {
        contents.remove(name(exchange), requesterOf(exchange));
        return { status: 204 };
      },
    },
  ];
}
