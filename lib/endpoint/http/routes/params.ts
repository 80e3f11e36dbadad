import { isObject, ModelError, type RawModel } from '../../../models/index.ts';
import type { Found, Objects } from '../../state/objects.ts';
import { patched } from '../../state/patch.ts';
import { type Exchange, keyOf, type Route, readJson, requesterOf } from '../exchange.ts';
import type { Parts } from '../parts.ts';

/** The params of an object, together or one by one, and the public key for encrypting them. */
export function paramRoutes({ objects }: Parts): Route[] {
  return [
    ...routesOfAll(objects),
    ...routesOfOne(objects),
    {
      method: 'GET',
      path: ':prefix/:key/pubkey',
      handle(exchange) {
        const { prefix, key } = findObject(objects, exchange);
        return { json: objects.params.publicKey(prefix, key) };
      },
    },
  ];
}

function routesOfAll(objects: Objects): Route[] {
  const path = ':prefix/:key/params';
  return [
    {
      method: 'GET',
      path,
      handle(exchange) {
        const read = readParams(objects, exchange);
        const only = exchange.query.get('params');
        if (only === null || only === '') return { json: read.all };
        const entries = only.split(',').flatMap((name): [string, unknown][] => {
          const value = read.value(name);
          return value === undefined ? [] : [[name, value]];
        });
        return { json: Object.fromEntries(entries) };
      },
    },
    {
      method: 'POST',
      path,
      async handle(exchange) {
        const body = await readJson(exchange);
        return { json: replaceParams(objects, exchange, findObject(objects, exchange), body ?? {}) };
      },
    },
    {
      method: 'PATCH',
      path,
      async handle(exchange) {
        const patch = await readJson(exchange);
        const found = findObject(objects, exchange);
        const details = { model: found.prefix, key: found.key, type: 'PATCH' };
        const params = patched(found.params, patch, details, () => true);
        return { json: replaceParams(objects, exchange, found, params) };
      },
    },
  ];
}

function routesOfOne(objects: Objects): Route[] {
  const path = ':prefix/:key/params/*param';
  return [
    {
      method: 'GET',
      path,
      handle: (exchange) => ({ json: readParams(objects, exchange).value(paramOf(exchange)) ?? null }),
    },
    {
      method: 'POST',
      path,
      async handle(exchange) {
        const value = (await readJson(exchange)) ?? null;
        const found = findObject(objects, exchange);
        const param = paramOf(exchange);
        const stored = replaceParams(objects, exchange, found, withEntry(found.params, param, value));
        return { json: stored[param] };
      },
    },
    {
      method: 'DELETE',
      path,
      handle(exchange) {
        const found = findObject(objects, exchange);
        const param = paramOf(exchange);
        if (!Object.hasOwn(found.params, param)) {
          throw new ModelError(404, 'Not Found', { model: 'params', key: param, type: 'DELETE' });
        }
        const { [param]: value, ...rest } = found.params;
        replaceParams(objects, exchange, found, rest);
        return { json: value };
      },
    },
  ];
}

function paramOf({ captures }: Exchange): string {
  return captures.param ?? '';
}

/** The object of a request, with its own params. Throws ModelError 404, also for types without params. */
function findObject(objects: Objects, exchange: Exchange): Found & { params: RawModel } {
  const { captures, method, url } = exchange;
  const { prefix = '' } = captures;
  if (!('Params' in (objects.kind(prefix)?.fields ?? {}))) {
    throw new ModelError(404, 'No route', { type: method, key: url });
  }
  const found = objects.get(prefix, keyOf(exchange), requesterOf(exchange));
  return { ...found, params: isObject(found.object.Params) ? found.object.Params : {} };
}

/** The params in the form that the query asks for. With `aggregate`, those without a value have their default. */
function readParams(objects: Objects, exchange: Exchange) {
  const { query } = exchange;
  const { prefix, key, object } = findObject(objects, exchange);
  const aggregate = query.get('aggregate') === 'true';
  const decode = query.get('decode') === 'true';
  const all = objects.params.of(prefix, key, object, { aggregate, decode });
  return {
    all,
    /** Undefined when there is no value. */
    value(name: string): unknown {
      if (Object.hasOwn(all, name)) return all[name];
      return aggregate ? objects.params.default(name)?.value : undefined;
    },
  };
}

/** Replaces the params of an object, and returns them as stored. */
function replaceParams(objects: Objects, exchange: Exchange, found: Found, value: unknown): RawModel {
  const { prefix } = found;
  const type = exchange.method;
  if (!isObject(value))
    throw new ModelError(400, 'expected an object of params', { model: prefix, key: found.key, type });
  try {
    const changed = objects.update(found, { ...found.object, Params: value }, requesterOf(exchange));
    return changed.object.Params as RawModel;
  } catch (error) {
    if (!(error instanceof ModelError) || error.type !== 'ValidationError') throw error;
    // dr-provision validates the request before it looks for the object.
    const key = type === 'PATCH' ? found.key : keyOf(exchange);
    throw new ModelError(error.code, error.messages, { model: prefix, key, type });
  }
}

/** A copy with an entry added or replaced. Any name is possible, also `__proto__`. */
function withEntry(params: RawModel, name: string, value: unknown): RawModel {
  return Object.fromEntries([...Object.entries(params), [name, value]]);
}
