import { ModelError } from '../../../models/index.ts';
import { indexes, oneIndex } from '../../state/filters.ts';
import { patched } from '../../state/patch.ts';
import { type Exchange, type Route, readJson, requesterOf } from '../exchange.ts';
import type { Parts } from '../parts.ts';
import { postedEvent } from './posted-event.ts';

/** Information about the endpoint, its events, logs and indexes. */
export function systemRoutes({ objects, events, logs, info }: Parts): Route[] {
  const metaOf = (exchange: Exchange) => {
    const { prefix = '', key = '' } = exchange.captures;
    return objects.get(prefix, key, requesterOf(exchange));
  };
  return [
    { method: 'GET', path: 'info', handle: () => ({ json: info() }) },
    {
      method: 'GET',
      path: 'objects',
      handle: () => ({ json: objects.names() }),
    },
    {
      method: 'GET',
      path: 'ws',
      handle() {
        throw new ModelError(400, 'Bad Request: expected a websocket', { type: 'GET', key: 'ws' });
      },
    },
    { method: 'GET', path: 'logs', handle: () => ({ json: logs.lines() }) },
    {
      method: 'GET',
      path: 'indexes',
      handle: () => ({
        json: Object.fromEntries(objects.names().map((name) => [name, indexes(objects, name)])),
      }),
    },
    {
      method: 'GET',
      path: 'indexes/:prefix',
      handle({ captures: { prefix = '' }, method }) {
        const json = indexes(objects, prefix);
        if (json === undefined)
          throw new ModelError(404, `index get: not found: ${prefix}`, { type: method });
        return { json };
      },
    },
    {
      method: 'GET',
      path: 'indexes/:prefix/*name',
      handle({ captures: { prefix = '', name = '' }, method }) {
        const json = oneIndex(objects, prefix, name);
        if (json === undefined)
          throw new ModelError(404, `index get: not found: ${prefix}/${name}`, { type: method });
        return { json };
      },
    },
    {
      method: 'POST',
      path: 'events',
      async handle(exchange) {
        const { Type, Action, Key, Object: object, Original } = await postedEvent(exchange);
        events.publish({ Type, Action, Key, Object: object, Original, Principal: exchange.principal });
        return { status: 204 };
      },
    },
    {
      method: 'GET',
      path: 'meta/:prefix/*key',
      handle: (exchange) => ({ json: metaOf(exchange).object.Meta }),
    },
    {
      method: 'PATCH',
      path: 'meta/:prefix/*key',
      async handle(exchange) {
        const patch = await readJson(exchange);
        const found = metaOf(exchange);
        const { prefix, key, object } = found;
        const Meta = patched(object.Meta, patch, { model: prefix, key, type: 'PATCH' });
        return { json: objects.update(found, { ...object, Meta }, requesterOf(exchange)).object.Meta };
      },
    },
  ];
}
