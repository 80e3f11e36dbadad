import { ModelError } from '../models/index.ts';

/** Base path of the API, which v4 kept from v3. */
const API_PATH = '/api/v3';

/** A path below the API's base: one text, or its parts (`['machines', uuid, 'params', 'ipmi/mode']`). */
export type ApiPath = string | readonly string[];

/**
 * `path` as it goes into a URL. Slashes inside parts stay, since names of params and other objects hold them and
 * the endpoint reads them unescaped; so does `:`, for keys like `Name:foo`. Throws ModelError 400 for an empty
 * part, which would address the list instead of the object, and for `.` and `..`, which would address something else.
 */
export function encodePath(path: ApiPath): string {
  const parts = typeof path === 'string' ? path.replace(/^\//, '').split('/') : path.join('/').split('/');
  for (const part of parts) {
    if (part === '') throw badPath(path, 'an empty part');
    if (part === '.' || part === '..') throw badPath(path, `the part ${part}`);
  }
  return parts.map((part) => encodeURIComponent(part).replaceAll('%3A', ':')).join('/');
}

/** Path of the URL for `path` at the endpoint, or at the one that it manages under the name `urlProxy`. */
export function apiPath(path: ApiPath, urlProxy?: string): string {
  const prefix = urlProxy === undefined || urlProxy === '' ? '' : `/${encodePath(urlProxy)}`;
  return `${prefix}${API_PATH}/${encodePath(path)}`;
}

/** Path of the websocket. For a managed endpoint the reference client puts its name last here, not first. */
export function eventPath(urlProxy?: string): string {
  return `${API_PATH}/ws${urlProxy === undefined || urlProxy === '' ? '' : `/${encodePath(urlProxy)}`}`;
}

function badPath(path: ApiPath, problem: string): ModelError {
  const shown = typeof path === 'string' ? path : path.join('/');
  return new ModelError(400, `Path ${JSON.stringify(shown)} has ${problem}`, { type: 'CLIENT_ERROR' });
}
