import { ModelError } from '../models/index.ts';

/** `body`, if it is an object. Throws ModelError 502: the server does not speak this API. */
export function objectOf<T>(body: unknown, path: readonly string[]): T {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as T;
  throw unexpected('an object', body, path);
}

/** `body`, if it is a list; null means an empty one. Throws ModelError 502. */
export function listOf<T>(body: unknown, path: readonly string[]): T[] {
  if (body === null) return [];
  if (Array.isArray(body)) return body;
  throw unexpected('a list', body, path);
}

function unexpected(what: string, body: unknown, path: readonly string[]): ModelError {
  const found = Array.isArray(body) ? 'a list' : body === null ? 'null' : typeof body;
  const message = `The endpoint answered ${path.join('/')} with ${found} in place of ${what}`;
  return new ModelError(502, message, { type: 'CLIENT_ERROR' });
}
