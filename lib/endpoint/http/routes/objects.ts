import { createHash } from 'node:crypto';
import { isObject, ModelError, type RawModel } from '../../../models/index.ts';
import { select } from '../../state/filters.ts';
import type { Found } from '../../state/objects.ts';
import { patched } from '../../state/patch.ts';
import { type Answer, type Exchange, keyOf, type Route, readJson, requesterOf } from '../exchange.ts';
import type { Parts } from '../parts.ts';
import { countHeaders } from './counts.ts';
import { changed } from './long-poll.ts';

/** How many objects are sent per chunk of a list. */
const PIECE = 100;

/** Reads and writes objects of all types. */
export function objectRoutes(parts: Parts): Route[] {
  const { objects } = parts;
  const answerFor = (found: Found, exchange: Exchange): Answer => ({
    headers: { ETag: etag(found) },
    json: shown(parts, found, exchange.query),
  });
  const knownPrefix = ({ captures, method, url }: Exchange): string => {
    const { prefix = '' } = captures;
    const kind = objects.kind(prefix);
    if (kind === undefined || kind.routes === 'none')
      throw new ModelError(404, 'No route', { type: method, key: url });
    return prefix;
  };
  const get = (exchange: Exchange) =>
    objects.get(knownPrefix(exchange), keyOf(exchange), requesterOf(exchange));
  return [
    {
      method: 'GET',
      path: ':prefix',
      handle(exchange) {
        const prefix = knownPrefix(exchange);
        const { keys, total, filtered } = select(objects, prefix, exchange.query);
        const headers = countHeaders({ total, filtered, listed: keys.length });
        return { headers, body: listBody(parts, prefix, keys, exchange.query) };
      },
    },
    {
      method: 'POST',
      path: ':prefix',
      async handle(exchange) {
        const prefix = knownPrefix(exchange);
        if (objects.kind(prefix)?.routes === 'read')
          throw new ModelError(405, 'Method not allowed', { type: exchange.method, key: exchange.url });
        const body = await readJson(exchange);
        const found = objects.create(prefix, body ?? {}, requesterOf(exchange));
        return { ...answerFor(found, exchange), status: 201 };
      },
    },
    {
      method: 'GET',
      path: ':prefix/*key',
      async handle(exchange) {
        const known = exchange.request.headers['if-none-match'];
        if (known !== undefined) {
          // Outside of isKnown, which is called for each event and must not throw when the type has been removed.
          const prefix = knownPrefix(exchange);
          const isKnown = () => {
            const found = objects.find(prefix, keyOf(exchange));
            return found !== undefined && etag(found) === known;
          };
          if (isKnown() && !(await changed(parts.events, exchange, isKnown))) {
            return { status: 304, headers: { ETag: known } };
          }
        }
        return answerFor(get(exchange), exchange);
      },
    },
    {
      method: 'PUT',
      path: ':prefix/*key',
      async handle(exchange) {
        get(exchange);
        const body = await readJson(exchange);
        return answerFor(objects.update(get(exchange), body, requesterOf(exchange)), exchange);
      },
    },
    {
      method: 'PATCH',
      path: ':prefix/*key',
      async handle(exchange) {
        const patch = await readJson(exchange);
        const found = get(exchange);
        const { prefix, key } = found;
        const details = { model: prefix, key, type: 'PATCH' };
        const isSecret = (path: string) => path === '' || path.startsWith('/Params');
        const target = patched(objects.view(prefix, found.object), patch, details, isSecret);
        return answerFor(objects.update(found, target, requesterOf(exchange)), exchange);
      },
    },
    {
      method: 'DELETE',
      path: ':prefix/*key',
      handle(exchange) {
        const found = get(exchange);
        objects.remove(found, requesterOf(exchange));
        return answerFor(found, exchange);
      },
    },
  ];
}

/** Covers the revision and the Errors, which can change without a change of the object. */
function etag({ revision, object: { Errors } }: Found): string {
  const problems = Array.isArray(Errors) && Errors.length > 0 ? JSON.stringify(Errors) : '';
  return problems === ''
    ? `"${revision}"`
    : `"${revision}-${createHash('sha256').update(problems).digest('hex').slice(0, 12)}"`;
}

async function* listBody(parts: Parts, prefix: string, keys: readonly string[], query: URLSearchParams) {
  let before = '[';
  for (let at = 0; at < keys.length; at += PIECE) {
    const items: string[] = [];
    for (const key of keys.slice(at, at + PIECE)) {
      const found = parts.objects.find(prefix, key);
      // It may have been deleted since the list was selected.
      if (found !== undefined) items.push(JSON.stringify(shown(parts, found, query)));
    }
    if (items.length === 0) continue;
    yield before + items.join(',');
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}

/**
 * The object in the form that the query asks for: secure params decrypted, a selection of params, or without params or
 * Meta.
 */
function shown({ objects }: Parts, { prefix, key, object }: Found, query: URLSearchParams): RawModel {
  const result = { ...objects.view(prefix, object) };
  const partial = () => {
    if ('Partial' in result) result.Partial = true;
  };
  const only = query.get('params');
  if (isObject(result.Params)) {
    const how = { decode: query.get('decode') === 'true', aggregate: query.get('aggregate') === 'true' };
    if (how.decode || how.aggregate) result.Params = objects.params.of(prefix, key, object, how);
    if (only !== null && only !== '') {
      const names = only.split(',').map((name) => name.trim());
      result.Params = Object.fromEntries(
        Object.entries(result.Params as RawModel).filter(([name]) => names.includes(name)),
      );
      partial();
    }
  }
  for (const field of (query.get('slim') ?? '').toLowerCase().split(',')) {
    if (field.trim() === 'meta') {
      result.Meta = {};
      partial();
    }
    if (field.trim() === 'params' && !only && 'Params' in result) {
      result.Params = {};
      partial();
    }
  }
  return result;
}
