import type { Readable, Writable } from 'node:stream';
import type { Agents, StrictOptions } from 'got';
import { ModelError } from '../models/index.ts';
import { apiPath } from './address.ts';
import { answerFrom, failure, longAnswer, type RawAnswer } from './answer.ts';
import type { Answer, OnProgress, Opened, Request } from './request.ts';
import type { Session } from './session.ts';
import type { Settings } from './settings.ts';
import { trust } from './tls.ts';
import { isOneTime, mayRepeat, pause, transportError } from './transport.ts';

const CONNECT_MS = 10_000;
/** How many bytes of an error are read. */
const ERROR_LENGTH = 65_536;

type Options = Pick<
  StrictOptions,
  | 'method'
  | 'headers'
  | 'body'
  | 'agent'
  | 'timeout'
  | 'signal'
  | 'retry'
  | 'throwHttpErrors'
  | 'followRedirect'
>;

/** Sends requests to the endpoint. Repeats them after transport failures where that is safe. */
export class Connection {
  readonly settings: Settings;
  readonly session: Session;
  #agents: Promise<{ direct: Agents; proxy?: Agents }> | undefined;
  #closed = false;

  constructor(settings: Settings, session: Session) {
    this.settings = settings;
    this.session = session;
  }

  /** Throws ModelError for answers with a status of 400 or more, and for transport failures. */
  async send(request: Request): Promise<Answer> {
    if (request.target !== undefined) return this.#sendInto(request, request.target);
    const answer = await this.#authorized(request, (authorization) => this.exchange(request, authorization));
    return answerFrom(request, answer, this.session.secrets());
  }

  async #sendInto(request: Request, target: Writable): Promise<Answer> {
    const { pipeline } = await import('node:stream/promises');
    const { status, headers, body } = await this.open(request);
    await pipeline(body, target, { signal: request.signal }).catch((error: unknown) => {
      request.signal?.throwIfAborted();
      throw transportError(request, this.settings.endpoint, error, this.session.secrets());
    });
    return { status, headers, etag: headers.etag?.toString(), body: undefined };
  }

  /** Sends a request and returns when the head of the answer is there. Throws like `send`. */
  async open(request: Request): Promise<Opened> {
    const { default: got } = await import('got');
    const [{ once }, { Readable }] = await Promise.all([import('node:events'), import('node:stream')]);
    const answer = await this.#authorized(request, (authorization) =>
      this.#repeat(request, authorization, async (url, options) => {
        // Parts of a compressed body could not be joined, and its length is not the file's.
        const headers = { ...options.headers, accept: '*/*', 'accept-encoding': 'identity' };
        const stream = got.stream(url, { ...options, headers, decompress: false });
        const [response]: RawAnswer[] = await once(stream, 'response');
        if (response === undefined) throw new Error('no response');
        const { statusCode, statusMessage, headers: answered } = response;
        const body = statusCode < 300 ? new Uint8Array() : await readShort(stream);
        return { statusCode, statusMessage, headers: answered, body, stream };
      }),
    );
    const { statusCode: status, headers, stream } = answer;
    if (status >= 300 && status !== 304) throw failure(request, answer, this.session.secrets());
    const length = headers['content-length'];
    const body = request.method === 'HEAD' ? Readable.from([]) : stream;
    return { status, headers, length: length === undefined ? undefined : Number(length), body };
  }

  /** Sends one request with the given credentials and returns the raw answer. */
  async exchange(request: Request, authorization: string | undefined): Promise<RawAnswer> {
    const { default: got } = await import('got');
    return this.#repeat(request, authorization, async (url, options) => {
      const { longestAnswer } = this.settings;
      const tooLong = new AbortController();
      const signals = [tooLong.signal, ...(request.signal === undefined ? [] : [request.signal])];
      const pending = got(url, {
        ...options,
        signal: AbortSignal.any(signals),
        responseType: 'buffer',
      });
      // Counts bytes after decompression.
      pending.on('downloadProgress', ({ transferred }) => {
        if (transferred > longestAnswer) tooLong.abort();
      });
      const { onUpload } = request;
      let last: Parameters<OnProgress>[0] = { transferred: 0 };
      pending.on('uploadProgress', ({ transferred, total }) => {
        last = { transferred, total };
        onUpload?.(last);
      });
      const answer = await pending.catch((error: unknown) => {
        throw tooLong.signal.aborted ? longAnswer(request, longestAnswer) : error;
      });
      // The answer may arrive before the last progress report, which is then not sent.
      const { transferred, total = transferred } = last;
      if (answer.statusCode < 300 && transferred < total) onUpload?.({ transferred: total, total });
      return answer;
    });
  }

  /**
   * Runs `attempt` with the session's credentials, and again with a new token when the endpoint refuses the old one.
   */
  async #authorized<T extends RawAnswer>(
    request: Request,
    attempt: (authorization: string | undefined) => Promise<T>,
  ): Promise<T> {
    const authorization = await this.session.authorization(this, request.signal);
    const answer = await attempt(authorization);
    if (!this.session.refused(answer, authorization) || isOneTime(request.body)) return answer;
    return attempt(await this.session.authorization(this, request.signal));
  }

  /** Repeats `attempt` until there is an answer, or a failure that a repetition cannot mend. */
  async #repeat<T>(
    request: Request,
    authorization: string | undefined,
    attempt: (url: URL, options: Options) => Promise<T>,
  ): Promise<T> {
    const { signal, failFast = false } = request;
    const delays = failFast ? [] : this.settings.retryDelays;
    for (let failures = 0; ; failures++) {
      this.assertOpen();
      signal?.throwIfAborted();
      const { url, options } = await this.#options(request, authorization);
      try {
        return await attempt(url, options);
      } catch (error) {
        signal?.throwIfAborted();
        const delay = delays[failures];
        if (delay === undefined || !mayRepeat(request, error)) {
          throw transportError(request, this.settings.endpoint, error, this.session.secrets());
        }
        await pause(delay, signal);
      }
    }
  }

  /** Throws ModelError 400 when the client is closed. */
  assertOpen(): void {
    if (this.#closed) throw new ModelError(400, 'The client is closed', { type: 'CLIENT_ERROR' });
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
  ): Promise<{ url: URL; options: Options }> {
    const { endpoint, localProxy, urlProxy } = this.settings;
    const { direct, proxy } = await this.#allAgents();
    const through = localProxy !== undefined && proxy !== undefined && (await isSocket(localProxy));
    const url = new URL(
      apiPath(request.path, request.urlProxy ?? urlProxy),
      through ? 'http://unix' : endpoint,
    );
    for (const [name, value] of queryPairs(request.query)) url.searchParams.append(name, value);
    return {
      url,
      options: {
        method: request.method,
        headers: this.#headers(request, authorization),
        body: bodyOf(request),
        agent: through ? proxy : direct,
        timeout: this.#limits(request),
        signal: request.signal,
        retry: { limit: 0 },
        throwHttpErrors: false,
        followRedirect: false,
      },
    };
  }

  #limits({ idleTimeout, timeout = this.settings.timeout, wait = 0 }: Request): Options['timeout'] {
    const connecting = { connect: CONNECT_MS, secureConnect: CONNECT_MS };
    if (idleTimeout !== undefined) return { ...connecting, socket: idleTimeout };
    return { ...connecting, request: timeout + wait * 1000 };
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

  /** The HTTP agents for direct connections to the endpoint, with its trust settings. */
  async agents(): Promise<Agents> {
    return (await this.#allAgents()).direct;
  }

  #allAgents(): Promise<{ direct: Agents; proxy?: Agents }> {
    this.#agents ??= this.#makeAgents();
    return this.#agents;
  }

  async #makeAgents(): Promise<{ direct: Agents; proxy?: Agents }> {
    const [http, https] = await Promise.all([import('node:http'), import('node:https')]);
    // Shorter than the endpoint's own limit: it could otherwise close a connection under a request that cannot be
    // repeated.
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

async function readShort(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > ERROR_LENGTH) break;
  }
  return Buffer.concat(chunks);
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
