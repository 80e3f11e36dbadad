import type { IncomingMessage, ServerResponse } from 'node:http';
import { jsonFrom, ModelError } from '../../models/index.ts';
import type { Claim } from '../state/claims.ts';
import type { Requester } from '../state/objects.ts';
import { isTooDeep } from '../state/shape.ts';

/** A request, with the results of routing and authentication. */
export interface Exchange {
  readonly request: IncomingMessage;
  /** For handlers that answer themselves and return `'answered'`. */
  readonly response: ServerResponse;
  readonly method: string;
  /** Path of the request with its query. */
  readonly url: string;
  /** Values of the captures in the route's pattern, by name. */
  readonly captures: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly principal: string;
  /** The rights of the token; undefined for all. */
  readonly claims: readonly Claim[] | undefined;
  /** Aborted when the client disconnects or the endpoint closes. */
  readonly signal: AbortSignal;
}

/** An answer: `json`, or `body` unchanged, or neither. */
export interface Answer {
  /** Default 200. */
  status?: number;
  headers?: Record<string, string>;
  json?: unknown;
  body?: AsyncIterable<string | Uint8Array>;
}

/** A route. `path` consists of words, `:name` for one segment, and `*name` for all remaining segments. */
export interface Route {
  method: string;
  path: string;
  handle: (exchange: Exchange) => Answer | 'answered' | Promise<Answer | 'answered'>;
}

/** The capture `key`. */
export function keyOf({ captures }: Exchange): string {
  return captures.key ?? '';
}

/** The requester, for events and errors. */
export function requesterOf({ principal, method, query }: Exchange): Requester {
  return { principal, method, force: query.get('force') === 'true' };
}

/** The endpoint's IP address, as the client reached it. */
export function addressReached({ request }: Pick<Exchange, 'request'>): string {
  return (request.socket.localAddress ?? '').replace(/^::ffff:/, '');
}

const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * The request's body as JSON; undefined when it is empty. Throws ModelError: 400 for another content type, invalid JSON
 * and too deep nesting, 413 for more than 64 MiB.
 */
export async function readJson({ request, method }: Exchange): Promise<unknown> {
  const type = request.headers['content-type'] ?? '';
  if (!type.toLowerCase().includes('application/json')) {
    throw new ModelError(400, `Invalid content type: ${type}`, { type: method });
  }
  const chunks: Buffer[] = [];
  let size = 0;
  // The server discards the rest of a body that is too large after the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) throw new ModelError(413, 'The body is too large', { type: method });
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  let value: unknown;
  try {
    value = jsonValue(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new ModelError(400, error instanceof Error ? error.message : String(error), { type: method });
  }
  if (isTooDeep(value)) throw new ModelError(400, 'The body nests too deeply', { type: method });
  return value;
}

/** A number with so many digits, or such an exponent, may exceed the range of a double. */
const LARGE_NUMBER = /[eE]\+?\d{3}|\d{308}/;

/** Parses JSON. Throws SyntaxError also for a number that would be stored as null. */
function jsonValue(text: string): unknown {
  if (!LARGE_NUMBER.test(text)) return jsonFrom(text);
  return jsonFrom(text, (_key, value: unknown) => {
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
      throw new SyntaxError('a number is larger than a float64 holds');
    return value;
  });
}
