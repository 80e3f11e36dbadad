import { type Action, type Event, isDeeper, ModelError, parseJson, timestamp } from '../models/index.ts';

/** Nesting limit: handlers, checks of params and the log process bodies recursively. */
const DEEPEST = 1000;

/** Decodes request bodies of the endpoint as leniently as the Go reference plugin does. */

type Json = Record<string, unknown>;

/** Decodes the body of `POST /config`. An empty body and null mean no params. Throws ModelError 400. */
export function decodeParams(method: string, body: Buffer): Json {
  return objectIn(method, parseBody(method, body), 'params');
}

/** Decodes the body of `POST /action`. Throws ModelError 400 that names the field. */
export function decodeAction(method: string, body: Buffer): Action {
  const fields = fieldsOf(method, body, 'Action', ['Model', 'Plugin', 'Command', 'CommandSet', 'Params']);
  return {
    Model: fields.Model ?? null,
    Plugin: textIn(method, fields, 'Action', 'Plugin'),
    Command: textIn(method, fields, 'Action', 'Command'),
    CommandSet: textIn(method, fields, 'Action', 'CommandSet'),
    Params: objectIn(method, fields.Params, 'Action.Params'),
  };
}

/** Decodes an event, from `POST /publish` or the event stream. Throws ModelError 400 that names the field. */
export function decodeEvent(method: string, body: Buffer): Event {
  const names = ['Time', 'Type', 'Action', 'Key', 'Principal', 'Object', 'Original'] as const;
  const fields = fieldsOf(method, body, 'Event', names);
  return {
    Time: textIn(method, fields, 'Event', 'Time') || timestamp(),
    Type: textIn(method, fields, 'Event', 'Type'),
    Action: textIn(method, fields, 'Event', 'Action'),
    Key: textIn(method, fields, 'Event', 'Key'),
    Principal: textIn(method, fields, 'Event', 'Principal'),
    Object: fields.Object ?? null,
    Original: fields.Original ?? null,
  };
}

/**
 * Parses JSON; an empty body is null. Text after the first value is ignored: the Go reference plugin reads one value
 * from the stream and leaves the rest.
 */
function parseBody(method: string, body: Buffer): unknown {
  if (body.length === 0) return null;
  const text = body.toString('utf8');
  let value: unknown;
  try {
    value = firstValue(text);
  } catch (error) {
    throw new ModelError(400, error instanceof Error ? error.message : String(error), { type: method });
  }
  if (isDeeper(value, DEEPEST)) throw new ModelError(400, 'The body nests too deeply', { type: method });
  return value;
}

function firstValue(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const end = /^Unexpected non-whitespace character after JSON at position (\d+)/.exec(message);
    if (end?.[1] === undefined) throw error;
    return parseJson(text.slice(0, Number(end[1])));
  }
}

/** The named fields of an object. Names match in any case, as in Go's decoder; an exact match is preferred. */
function fieldsOf<const N extends string>(
  method: string,
  body: Buffer,
  type: string,
  names: readonly N[],
): Partial<Record<N, unknown>> {
  const object = objectIn(method, parseBody(method, body), type);
  const fields: Partial<Record<N, unknown>> = {};
  for (const name of names) {
    if (Object.hasOwn(object, name)) {
      fields[name] = object[name];
      continue;
    }
    const other = Object.keys(object).find((key) => key.toLowerCase() === name.toLowerCase());
    if (other !== undefined) fields[name] = object[other];
  }
  return fields;
}

function objectIn(method: string, value: unknown, name: string): Json {
  if (value === null || value === undefined) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Json;
  throw new ModelError(400, `models.${name}: expected an object, found ${kindOf(value)}`, { type: method });
}

function textIn(method: string, fields: Json, type: string, name: string): string {
  const value = fields[name] ?? '';
  if (typeof value === 'string') return value;
  throw new ModelError(400, `models.${type}.${name}: expected a string, found ${kindOf(value)}`, {
    type: method,
  });
}

/** The kind of a JSON value, for messages: "a number", "an array", "null". */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'an array';
  const type = typeof value;
  return type === 'object' ? 'an object' : `a ${type}`;
}
