import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Agents, OptionsOfBufferResponseBody, Response } from 'got';
import { ModelError } from '../models/index.ts';
import { apiPath } from './address.ts';
import { answerFrom } from './answer.ts';
import type { Answer, Request } from './request.ts';
import type { Session } from './session.ts';
import type { Settings } from './settings.ts';
import { trust } from './tls.ts';
import { mayRepeat, transportError } from './transport.ts';

/** Sends requests to the endpoint, and again when they failed in transport and can be repeated. */
export class Connection {
  readonly settings: Settings;
  readonly session: Session;
  #agents: Promise<{ direct: Agents; proxy?: Agents }> | undefined;
  #closed = false;

  constructor(settings: Settings, session: Session) {
    this.settings = settings;
    this.session = session;
  }

  /** Throws ModelError for every answer with a status of 400 and more, and for failures in transport. */
  async send(request: Request): Promise<Answer> {
    const authorization = await this.session.authorization(this, request.signal);
    const answer = await this.exchange(request, authorization);
    if (!this.session.refused(answer, authorization) || isStream(request.body)) {
      return answerFrom(request, answer, this.session.secrets());
    }
    const renewed = await this.session.authorization(this, request.signal);
    return answerFrom(request, await this.exchange(request, renewed), this.session.secrets());
  }

  /** One request with the given credentials, and its answer as it came. */
  async exchange(request: Request, authorization: string | undefined): Promise<Response<Uint8Array>> {
    const { default: got } = await import('got');
    const { signal, failFast = false } = request;
    const delays = failFast ? [] : this.settings.retryDelays;
    for (let failures = 0; ; failures++) {
      if (this.#closed) throw new ModelError(400, 'The client is closed', { type: 'CLIENT_ERROR' });
      signal?.throwIfAborted();
      const { url, options } = await this.#options(request, authorization);
      try {
        return await got(url, options);
      } catch (error) {
        signal?.throwIfAborted();
        const delay = delays[failures];
        if (delay === undefined || !mayRepeat(request, error)) {
          throw transportError(request, this.settings.endpoint, error, this.session.secrets());
        }
        await sleep(delay, undefined, { signal });
      }
    }
  }

  close(): void {
    this.#closed = true;
    const destroy = ({ http, https }: Agents = {}) => {
      if (http) http.destroy();
      if (https) https.destroy();
    };
    this.#agents?.then(
      ({ direct, proxy }) => {
        destroy(direct);
        destroy(proxy);
      },
      () => {},
    );
  }

  async #options(
    request: Request,
    authorization: string | undefined,
  ): Promise<{ url: URL; options: OptionsOfBufferResponseBody }> {
    const { endpoint, localProxy, urlProxy, timeout } = this.settings;
    const { direct, proxy } = await this.#allAgents();
    const through = localProxy !== undefined && proxy !== undefined && (await isSocket(localProxy));
    const url = new URL(
      apiPath(request.path, request.urlProxy ?? urlProxy),
      through ? 'http://unix' : endpoint,
    );
    for (const [name, value] of queryPairs(request.query)) url.searchParams.append(name, value);
    const patience = (request.timeout ?? timeout) + (request.wait ?? 0) * 1000;
    return {
      url,
      options: {
        responseType: 'buffer',
        method: request.method,
        headers: this.#headers(request, authorization),
        body: bodyOf(request),
        agent: through ? proxy : direct,
        timeout: { connect: 10_000, secureConnect: 10_000, request: patience },
        signal: request.signal,
        retry: { limit: 0 },
        throwHttpErrors: false,
        followRedirect: false,
      },
    };
  }

  #headers(request: Request, authorization: string | undefined): Record<string, string> {
    const { trace = this.settings.trace, traceToken = this.settings.traceToken } = request;
    const headers: Record<string, string> = {
      accept: 'application/json',
      'cache-control': 'no-store',
      'user-agent': 'drp-plugins',
    };
    if (authorization !== undefined) headers.authorization = authorization;
    if (trace !== undefined) headers['x-log-request'] = trace;
    if (traceToken !== undefined) headers['x-log-token'] = traceToken;
    if (request.etag !== undefined) headers['if-none-match'] = request.etag;
    if (request.wait !== undefined) headers.prefer = `wait=${request.wait}s`;
    if (request.json !== undefined) headers['content-type'] = 'application/json';
    else if (request.body !== undefined) headers['content-type'] = 'application/octet-stream';
    for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
    return headers;
  }

  /** The agents for connections straight to the endpoint, which know whom to trust. */
  async agents(): Promise<Agents> {
    return (await this.#allAgents()).direct;
  }

  #allAgents(): Promise<{ direct: Agents; proxy?: Agents }> {
    this.#agents ??= this.#makeAgents();
    return this.#agents;
  }

  async #makeAgents(): Promise<{ direct: Agents; proxy?: Agents }> {
    const [http, https] = await Promise.all([import('node:http'), import('node:https')]);
    // Idle connections are dropped before the endpoint does it under a request that cannot be repeated.
    const idle = { keepAlive: true, timeout: 20_000 };
    const { endpoint, localProxy: socketPath } = this.settings;
    const unix = { ...idle, socketPath };
    return {
      direct:
        endpoint.protocol === 'https:'
          ? { https: new https.Agent({ ...idle, ...(await trust(this.settings)) }) }
          : { http: new http.Agent(idle) },
      proxy: socketPath === undefined ? undefined : { http: new http.Agent(unix) },
    };
  }
}

function bodyOf({ json, body }: Request): string | Uint8Array | Readable | undefined {
  if (json !== undefined) return JSON.stringify(json);
  return typeof body === 'function' ? body() : body;
}

function isStream(body: Request['body']): boolean {
  return typeof body === 'object' && !(body instanceof Uint8Array);
}

function* queryPairs(query: Request['query']): Iterable<readonly [string, string]> {
  if (query === undefined) return;
  if (Symbol.iterator in query) {
    yield* query as Iterable<readonly [string, string]>;
    return;
  }
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) yield [name, String(value)];
  }
}

async function isSocket(path: string): Promise<boolean> {
  const { stat } = await import('node:fs/promises');
  return stat(path).then(
    (found) => found.isSocket(),
    () => false,
  );
}
