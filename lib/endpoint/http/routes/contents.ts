import { type Exchange, type Route, readJson } from '../exchange.ts';
import type { Parts } from '../parts.ts';
import { doerOf } from './doer.ts';

export function contentRoutes({ contents }: Parts): Route[] {
  const name = ({ caught }: Exchange) => caught.name ?? '';
  const replacesWritable = ({ query }: Exchange) => query.get('replaceWritable') === 'true';
  return [
    { method: 'GET', path: 'contents', handle: () => ({ json: contents.list() }) },
    {
      method: 'POST',
      path: 'contents',
      async handle(exchange) {
        const body = await readJson(exchange);
        return { status: 201, json: contents.create(body, doerOf(exchange), replacesWritable(exchange)) };
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
        return { json: contents.replace(name(exchange), body, doerOf(exchange), replacesWritable(exchange)) };
      },
    },
    {
      method: 'DELETE',
      path: 'contents/:name',
      handle(exchange) {
        contents.remove(name(exchange), doerOf(exchange));
        return { status: 204 };
      },
    },
  ];
}
