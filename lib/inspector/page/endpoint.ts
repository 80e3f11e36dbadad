import type { ModelErrorJson } from '../../models/index.ts';

/** An error answered by the endpoint, or a failed request. */
export class EndpointError extends Error {
  readonly json: ModelErrorJson;
  /** The body of the answer; empty without an answer. */
  readonly body: string;

  constructor(json: ModelErrorJson, body = '') {
    super((json.Messages ?? []).join('\n') || `${json.Type} ${json.Code}`.trim());
    this.json = json;
    this.body = body;
  }

  /** Converts any error. */
  static from(error: unknown): EndpointError {
    if (error instanceof EndpointError) return error;
    return new EndpointError({
      Model: '',
      Key: '',
      Type: 'CLIENT_ERROR',
      Messages: [error instanceof Error ? error.message : String(error)],
      Code: 0,
    });
  }
}

export interface CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** A value to send as JSON. */
  json?: unknown;
  signal?: AbortSignal | undefined;
  /** Without a time limit. */
  unlimited?: true;
  /** Authorization header instead of the token, for the login. */
  authorization?: string;
  /** Base path: `/api/v3` by default, or `/ui/api`. */
  base?: string;
}

/** Time limit in ms. Only actions may take longer. */
const LIMIT_MS = 60_000;

/** Kept only in memory, so it is lost when the page is closed. */
let token = '';
let whenRefused: (error: EndpointError) => void = () => {};

/** Sets the token for further requests. `refused` is called when the endpoint no longer accepts it. */
export function setToken(given: string, refused: (error: EndpointError) => void): void {
  token = given;
  whenRefused = refused;
}

/** URL of the event stream. Browsers cannot set headers of a websocket, so it contains the token. */
export function eventStreamUrl(): string {
  const url = new URL('/api/v3/ws', location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('token', token);
  return url.href;
}

/** A path relative to `/api/v3`, with escaped segments. */
export function pathOf(segments: readonly string[]): string {
  return segments.map(encodeURIComponent).join('/');
}

/** Sends a request and returns the answer's JSON; undefined for an empty answer. Throws EndpointError. */
export async function ask<T>(segments: readonly string[], options: CallOptions = {}): Promise<T> {
  const response = await send(segments, options);
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Like `ask`, but returns the answer as text; invalid UTF-8 is replaced. */
export async function askText(segments: readonly string[], options: CallOptions = {}): Promise<string> {
  return (await send(segments, options)).text();
}

async function send(segments: readonly string[], options: CallOptions): Promise<Response> {
  const { method = 'GET', query = {}, json, signal, unlimited, authorization, base = '/api/v3' } = options;
  const url = new URL(`${base}/${pathOf(segments)}`, location.href);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, `${value}`);
  const ends = [signal, unlimited ? undefined : AbortSignal.timeout(LIMIT_MS)];
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: {
        Authorization: authorization ?? `Bearer ${token}`,
        ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      signal: AbortSignal.any(ends.filter((end) => end !== undefined)),
      credentials: 'omit',
      redirect: 'error',
      cache: 'no-store',
    });
  } catch (error) {
    throw unreachable(error, signal);
  }
  if (response.ok) return response;
  const failure = await failureOf(response, method, url.pathname);
  const isOver = response.status === 401 || /^Invalid Token/.test(failure.message);
  if (isOver && authorization === undefined) whenRefused(failure);
  throw failure;
}

function unreachable(error: unknown, signal: AbortSignal | undefined): EndpointError {
  const problem = signal?.aborted
    ? 'Cancelled'
    : error instanceof DOMException && error.name === 'TimeoutError'
      ? `The endpoint did not answer within ${LIMIT_MS / 1000} s`
      : 'The endpoint cannot be reached. If it was ended, start it again';
  return new EndpointError({ Model: '', Key: '', Type: 'CLIENT_ERROR', Messages: [problem], Code: 0 });
}

async function failureOf(response: Response, method: string, path: string): Promise<EndpointError> {
  const { status, statusText } = response;
  const text = await response.text().catch(() => '');
  try {
    const json = JSON.parse(text) as Partial<ModelErrorJson>;
    if (typeof json.Code === 'number') {
      const { Model = '', Key = '', Type = '', Messages = null, Code } = json;
      return new EndpointError({ Model, Key, Type, Messages, Code }, text);
    }
  } catch {
    // Not JSON: use the text.
  }
  const said = text.trim().slice(0, 500) || statusText || `status ${status}`;
  return new EndpointError({ Model: '', Key: path, Type: method, Messages: [said], Code: status }, text);
}
