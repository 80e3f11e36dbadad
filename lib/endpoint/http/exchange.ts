import type { IncomingMessage, ServerResponse } from 'node:http';
import { jsonFrom, ModelError } from '../../models/index.ts';
import type { Claim } from '../state/claims.ts';
import type { Requester } from '../state/objects.ts';
import { isTooDeep } from '../state/shape.ts';

/** One request, with what routing and authentication found out about it. */
export interface Exchange {
  readonly request: IncomingMessage;
  /** For those who answer by themselves and return `'answered'`. */
  readonly response: ServerResponse;
  readonly method: string;
  /** The path that was asked for, with its query. */
  readonly url: string;
  /** The segments of the path that the route's pattern captured, by name. */
  readonly captures: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly principal: string;
  /** What the token is good for; undefined for everything. */
  readonly claims: readonly Claim[] | undefined;
  /** Aborted when the client goes away and when the endpoint closes. */
  readonly signal: AbortSignal;
}

/** What is answered: `json`, or `body` as it is, or nothing. */
export interface Answer {
  /** 200 unless given. */
  status?: number;
  headers?: Record<string, string>;
  json?: unknown;
  body?: AsyncIterable<string | Uint8Array>;
}

/** A route: `path` is made of words, `:name` for one segment, and `*name` for the rest, slashes included. */
export interface Route {
  method: string;
  path: string;
  handle: (exchange: Exchange) => Answer | 'answered' | Promise<Answer | 'answered'>;
}

/** The segment that a route's pattern calls `key`. */
export function keyOf({ captures }: Exchange): string {
  return captures.key ?? '';
}

/** Who asks, for events and errors. */
export function requesterOf({ principal, method, query }: Exchange): Requester {
  return { principal, method, force: query.get('force') === 'true' };
}

/** The endpoint's own IP address, as the client reached it. */
export function addressReached({ request }: Pick<Exchange, 'request'>): string {
  return (request.socket.localAddress ?? '').replace(/^::ffff:/, '');
}

const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * The request's body as JSON; undefined for an empty body. Throws ModelError: 400 for another content type and for
 * broken JSON and what nests too deeply, 413 for more than 64 MiB.
 */
export async function readJson({ request, method }: Exchange): Promise<unknown> {
  const type = request.headers['content-type'] ?? '';
  if (!type.toLowerCase().includes('application/json')) {
    throw new ModelError(400, `Invalid content type: ${type}`, { type: method });
  }
  const chunks: Buffer[] = [];
  let size = 0;
  // A body that is too large is left to the server to get rid of, once the answer has been sent.
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

/** A number with that many digits, or with such an exponent, may be beyond what a double holds. */
const LARGE_NUMBER = /[eE]\+?\d{3}|\d{308}/;

/** Throws SyntaxError, as for what is not JSON, for a number that would be stored as null. */
function jsonValue(text: string): unknown {
  if (!LARGE_NUMBER.test(text)) return jsonFrom(text);
  return jsonFrom(text, (_key, value: unknown) => {
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
      throw new SyntaxError('a number is larger than a float64 holds');
    return value;
  });
}
