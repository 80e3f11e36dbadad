import { isObject, ModelError, type RawModel } from '../../../models/index.ts';
import type { Found } from '../../state/objects.ts';
import { patched } from '../../state/patch.ts';
import { type Exchange, keyOf, type Route, readJson, requesterOf } from '../exchange.ts';
import type { Parts } from '../parts.ts';

/** The params of an object, together or one by one, and the public key for encrypting them. */
export function paramRoutes({ objects }: Parts): Route[] {
  const { params } = objects;
  const get = (exchange: Exchange): Found & { params: RawModel } => {
    const { captures, method, url } = exchange;
    const { prefix = '' } = captures;
    if (!('Params' in (objects.kind(prefix)?.fields ?? {}))) {
      throw new ModelError(404, 'No route', { type: method, key: url });
    }
    const found = objects.get(prefix, keyOf(exchange), requesterOf(exchange));
    return { ...found, params: isObject(found.object.Params) ? found.object.Params : {} };
  };
  /** Replaces the params, and returns them as stored. */
  const set = (exchange: Exchange, found: Found, value: unknown): RawModel => {
    if (!isObject(value)) {
      const { prefix, key } = found;
      throw new ModelError(400, 'expected an object of params', {
        model: prefix,
        key,
        type: exchange.method,
      });
    }
    try {
      const changed = objects.update(found, { ...found.object, Params: value }, requesterOf(exchange));
      return changed.object.Params as RawModel;
    } catch (error) {
      if (!(error instanceof ModelError) || error.type !== 'ValidationError') throw error;
      // dr-provision validates the request before it looks for the object.
      const key = exchange.method === 'PATCH' ? found.key : keyOf(exchange);
      throw new ModelError(error.code, error.messages, { model: found.prefix, key, type: exchange.method });
    }
  };
  const how = ({ query }: Exchange) => ({
    aggregate: query.get('aggregate') === 'true',
    decode: query.get('decode') === 'true',
  });
  return [
    {
      method: 'GET',
      path: ':prefix/:key/params',
      handle(exchange) {
        const { prefix, key, object } = get(exchange);
        const all = params.of(prefix, key, object, how(exchange));
        const only = exchange.query.get('params');
        if (only === null || only === '') return { json: all };
        const entries = only.split(',').flatMap((name): [string, unknown][] => {
          if (Object.hasOwn(all, name)) return [[name, all[name]]];
          const standard = how(exchange).aggregate ? params.default(name) : undefined;
          return standard === undefined ? [] : [[name, standard.value]];
        });
        return { json: Object.fromEntries(entries) };
      },
    },
    {
      method: 'POST',
      path: ':prefix/:key/params',
      async handle(exchange) {
        const body = await readJson(exchange);
        return { json: set(exchange, get(exchange), body ?? {}) };
      },
    },
    {
      method: 'PATCH',
      path: ':prefix/:key/params',
      async handle(exchange) {
        const patch = await readJson(exchange);
        const found = get(exchange);
        const details = { model: found.prefix, key: found.key, type: 'PATCH' };
        return {
          json: set(
            exchange,
            found,
            patched(found.params, patch, details, () => true),
          ),
        };
      },
    },
    {
      method: 'GET',
      path: ':prefix/:key/params/*param',
      handle(exchange) {
        const { prefix, key, object } = get(exchange);
        const { param = '' } = exchange.captures;
        const all = params.of(prefix, key, object, how(exchange));
        if (Object.hasOwn(all, param)) return { json: all[param] };
        const standard = how(exchange).aggregate ? params.default(param) : undefined;
        return { json: standard?.value ?? null };
      },
    },
    {
      method: 'POST',
      path: ':prefix/:key/params/*param',
      async handle(exchange) {
        const value = (await readJson(exchange)) ?? null;
        const found = get(exchange);
        const { param = '' } = exchange.captures;
        const kept = set(exchange, found, withEntry(found.params, param, value));
        return { json: kept[param] };
      },
    },
    {
      method: 'DELETE',
      path: ':prefix/:key/params/*param',
      handle(exchange) {
        const found = get(exchange);
        const { param = '' } = exchange.captures;
        if (!Object.hasOwn(found.params, param)) {
          throw new ModelError(404, 'Not Found', { model: 'params', key: param, type: 'DELETE' });
        }
        const { [param]: value, ...rest } = found.params;
        set(exchange, found, rest);
        return { json: value };
      },
    },
    {
      method: 'GET',
      path: ':prefix/:key/pubkey',
      handle(exchange) {
        const { prefix, key } = get(exchange);
        return { json: params.publicKey(prefix, key) };
      },
    },
  ];
}

/** A copy with an entry added or replaced. Any name is possible, also `__proto__`. */
function withEntry(params: RawModel, name: string, value: unknown): RawModel {
  return Object.fromEntries([...Object.entries(params), [name, value]]);
}
