import { ModelError } from '../models/index.ts';

/** Base path of the API, which v4 kept from v3. */
const API_PATH = '/api/v3';

/** A path below the API's base: one text, or its parts (`['machines', uuid, 'params', 'ipmi/mode']`). */
export type ApiPath = string | readonly string[];

/**
 * `path` as part of a URL. Slashes inside parts are not escaped: names of params and other objects contain them, and
 * the endpoint reads them unescaped. Neither is `:`, for keys like `Name:foo`. Throws ModelError 400 for an empty part,
 * which would address the list instead of the object, and for `.` and `..`.
 */
export function encodePath(path: ApiPath): string {
  const parts = typeof path === 'string' ? path.replace(/^\//, '').split('/') : path.join('/').split('/');
  for (const part of parts) {
    if (part === '') throw badPath(path, 'an empty part');
    if (part === '.' || part === '..') throw badPath(path, `the part ${part}`);
  }
  return parts.map((part) => encodeURIComponent(part).replaceAll('%3A', ':')).join('/');
}

/** URL path of `path` at the endpoint, or at the managed endpoint `urlProxy`. */
export function apiPath(path: ApiPath, urlProxy?: string): string {
  const prefix = urlProxy === undefined || urlProxy === '' ? '' : `/${encodePath(urlProxy)}`;
  return `${prefix}${API_PATH}/${encodePath(path)}`;
}

/** URL path of the websocket. As in Go's client, the name of a managed endpoint comes last here, not first. */
export function eventPath(urlProxy?: string): string {
  return `${API_PATH}/ws${urlProxy === undefined || urlProxy === '' ? '' : `/${encodePath(urlProxy)}`}`;
}

function badPath(path: ApiPath, problem: string): ModelError {
  const shown = typeof path === 'string' ? path : path.join('/');
  return new ModelError(400, `Path ${JSON.stringify(shown)} has ${problem}`, { type: 'CLIENT_ERROR' });
}
