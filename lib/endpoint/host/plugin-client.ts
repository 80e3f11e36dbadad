import { Agent, type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ModelError, TimeLimit } from '../../models/index.ts';
import { LONGEST_KEPT, type Traffic } from './traffic.ts';

const BASE = '/api-plugin/v4';
const LONGEST_ANSWER = 256 * 1024 * 1024;
const SHOWN = 200;

export interface PostOptions {
  /** Time limit in ms, from the call to the end of the answer. */
  limit: number;
  signal?: AbortSignal;
  /** Additional headers, for example `X-Log-Request` and `X-Log-Token`. */
  headers?: Readonly<Record<string, string>>;
  /** The part of the body that may contain secrets. */
  params?: Readonly<Record<string, unknown>>;
}

/** Error codes that mean that a request cannot have arrived: the plugin does not listen yet, or no longer. */
const UNSENT: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOENT', 'EPIPE']);

/** The connection to the plugin failed, in contrast to an error in its answer. */
export class PluginUnreachable extends Error {
  /** Whether the request certainly did not arrive. */
  get unsent(): boolean {
    return this.cause instanceof Error && 'code' in this.cause && UNSENT.has(this.cause.code);
  }
}

/** The client of a plugin's TO_SOCKET: HTTP/1.1 with keep-alive and parallel requests. */
export class PluginClient {
  readonly #path: string;
  readonly #traffic: Traffic;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(path: string, traffic: Traffic) {
    this.#path = path;
    this.#traffic = traffic;
  }

  /**
   * Posts to `/api-plugin/v4/PATH` and returns the answer's JSON. Throws the plugin's error, ModelError 502 for an
   * answer that is not JSON, 504 after the time limit, 503 when `signal` is aborted, or PluginUnreachable.
   */
  async post(path: string, body: unknown, options: PostOptions): Promise<unknown> {
    const { limit, signal, headers = {}, params } = options;
    const text = JSON.stringify(body) ?? 'null';
    const exchange = this.#traffic.begin('endpoint', 'POST', `${BASE}/${path}`);
    exchange.request(text, params);
    using time = new TimeLimit(limit);
    let answer: { status: number; text: string };
    try {
      answer = await this.#exchange(
        path,
        text,
        headers,
        signal ? AbortSignal.any([time.signal, signal]) : time.signal,
      );
    } catch (cause) {
      exchange.end();
      if (cause instanceof ModelError) throw cause;
      if (signal?.aborted) throw new ModelError(503, `${path} was cancelled`, { cause });
      if (time.signal.aborted)
        throw new ModelError(504, `${path} was not answered within ${limit / 1000} s`, { cause });
      throw new PluginUnreachable(cause instanceof Error ? cause.message : String(cause), { cause });
    }
    exchange.end(answer.status, answer.text);
    return readAnswer(path, answer.status, answer.text);
  }

  #exchange(
    path: string,
    body: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{ status: number; text: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
    const outgoing = request({
      socketPath: this.#path,
      agent: this.#agent,
      method: 'POST',
      path: `${BASE}/${path}`,
      signal,
      headers: {
        ...headers,
        host: 'unix',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= LONGEST_ANSWER) chunks.push(chunk);
        else
          incoming.destroy(new ModelError(502, `${path}: the answer is longer than ${LONGEST_ANSWER} bytes`));
      });
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    outgoing.end(body);
    return promise;
  }

  /** Whether the plugin answers `OPTIONS *` within `limit` ms, with any status. */
  async ping(limit: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const outgoing = request({
      socketPath: this.#path,
      agent: this.#agent,
      method: 'OPTIONS',
      path: '*',
      headers: { host: 'unix' },
    });
    outgoing.on('response', (incoming) => {
      incoming.resume();
      incoming.on('error', () => {});
      resolve(true);
    });
    outgoing.on('error', () => resolve(false));
    outgoing.setTimeout(limit, () => outgoing.destroy());
    outgoing.end();
    return promise;
  }

  /**
   * Forwards a request (`/plugin-apis/PLUGIN/*`) and its answer unchanged. Throws ModelError 504 or PluginUnreachable
   * if nothing has been answered yet; afterwards the caller's connection is closed.
   */
  async forward(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    path: string,
    idle: number,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const onward = request({
      socketPath: this.#path,
      agent: this.#agent,
      method: incoming.method,
      path,
      headers: forwardedHeaders(incoming),
    });
    onward.setTimeout(idle, () =>
      onward.destroy(new ModelError(504, `nothing was sent or answered for ${idle / 1000} s`)),
    );
    onward.on('response', resolve);
    onward.on('error', reject);
    outgoing.once('close', () => onward.destroy());
    const exchange = this.#traffic.begin('endpoint', incoming.method ?? '', path);
    const sent = firstText(incoming);
    // Not `pipeline`, which would close the caller's connection together with the plugin's, before an error can be
    // answered.
    incoming.pipe(
      incoming.headers['content-length'] === undefined ? onward : endingWithLast(incoming, onward),
    );
    try {
      const answer = await promise;
      outgoing.writeHead(answer.statusCode ?? 502, withoutHop(answer.headers));
      const answered = firstText(answer);
      try {
        await pipeline(answer, outgoing);
      } finally {
        exchange.request(sent());
        exchange.end(answer.statusCode, answered());
      }
    } catch (cause) {
      exchange.request(sent());
      exchange.end();
      if (outgoing.headersSent) {
        outgoing.destroy();
        return;
      }
      if (cause instanceof ModelError) throw cause;
      throw new PluginUnreachable(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }

  /** Closes all connections. */
  close(): void {
    this.#agent.destroy();
  }
}

/** Records the beginning of a body that is being forwarded. Returns a function for the recorded text. */
function firstText(passing: IncomingMessage): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  passing.on('data', (chunk: Buffer) => {
    if (size < LONGEST_KEPT) chunks.push(chunk);
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

/**
 * Writes the body of `incoming`, whose length is known, so that the last chunk ends `onward`. If it were ended
 * separately, Node.js would write once more, which fails when the plugin has already answered and closed the
 * connection.
 */
function endingWithLast(incoming: IncomingMessage, onward: ClientRequest): Writable {
  let left = Number(incoming.headers['content-length']);
  return new Writable({
    write(piece: Buffer, _encoding, done) {
      left -= piece.length;
      if (left > 0) onward.write(piece, () => done());
      else onward.end(piece, () => done());
    },
    final(done) {
      onward.end();
      done();
    },
  });
}

function readAnswer(path: string, status: number, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const start = text.trim().slice(0, SHOWN);
    const seen = start === '' ? 'nothing' : JSON.stringify(start);
    throw new ModelError(
      status >= 400 ? status : 502,
      `${path}: expected JSON, the plugin answered ${status} ${seen}`,
    );
  }
  if (status < 400) return value;
  const error = ModelError.from(value);
  if (error === undefined)
    throw new ModelError(status, `${path}: the plugin answered ${status} ${text.slice(0, SHOWN)}`);
  throw unwrapped(error);
}

/** Go plugins put the whole error of config and publish as JSON into the only message of another error. */
function unwrapped(error: ModelError): ModelError {
  const [message, ...rest] = error.messages;
  if (message === undefined || rest.length > 0 || !message.startsWith('{')) return error;
  try {
    return ModelError.from(JSON.parse(message)) ?? error;
  } catch {
    return error;
  }
}

/** Headers of a single connection (RFC 9110, 7.6.1), which are not forwarded. */
const HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

type Headers = Record<string, string | string[] | undefined>;

function withoutHop(headers: Headers): Headers {
  const named = String(headers.connection ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase());
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !HOP.has(name) && !named.includes(name)),
  );
}

function forwardedHeaders(incoming: IncomingMessage): Headers {
  const { 'transfer-encoding': encoding, 'content-length': length } = incoming.headers;
  // Keeps the framing of the body. Without it, Node.js would send the body of a GET unframed, and the plugin would
  // parse it as requests.
  const framing = encoding === undefined ? { 'content-length': length } : { 'transfer-encoding': 'chunked' };
  const earlier = incoming.headers['x-forwarded-for'];
  const from = [earlier, incoming.socket.remoteAddress].flat().filter((part) => part !== undefined);
  const headers: Headers = { ...withoutHop(incoming.headers), ...framing };
  if (from.length > 0) headers['x-forwarded-for'] = from.join(', ');
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
}
