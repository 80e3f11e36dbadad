import { readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest, type RequestOptions as TlsRequestOptions } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { isObject, jsonFrom, ModelError } from '../models/index.ts';
import { givesUp, retryDelay } from './backoff.ts';
import { DOCKER_CONTENT_TYPE } from './protocol.ts';
import type { PluginAddress } from './spec.ts';

/** Limit in bytes for an answer. Answers of plugins are far shorter. */
const LONGEST_ANSWER = 16 * 1024 * 1024;
/** The Host header that Docker sends to sockets. */
const SOCKET_HOST = 'plugin.moby.localhost';

export interface RequestLimits {
  signal?: AbortSignal;
  /** Time limit for each try in ms; default none, as in Docker. */
  timeoutMs?: number;
  /** Whether to retry failed connections with growing pauses for some 15 s; default true. */
  retry?: boolean;
}

/** The pauses of a client. Tests replace them. */
export interface Pauses {
  now(): number;
  wait(ms: number, signal?: AbortSignal): Promise<unknown>;
}

const REAL: Pauses = {
  now: () => performance.now(),
  wait: (ms, signal) => pause(ms, undefined, { signal }),
};

/** Sends requests to a plugin as Docker does (moby's pkg/plugins). */
export class PluginClient {
  readonly #address: PluginAddress;
  readonly #pauses: Pauses;

  constructor(address: PluginAddress, pauses: Pauses = REAL) {
    this.#address = address;
    this.#pauses = pauses;
  }

  /** `unix`, `http` or `https`, by address and TLS settings. */
  get scheme(): 'unix' | 'http' | 'https' {
    const { address, tls } = this.#address;
    if (address.startsWith('unix:')) return 'unix';
    return address.startsWith('https:') || tls !== undefined ? 'https' : 'http';
  }

  /**
   * Posts `args` as JSON to `METHOD` and returns the answer, null for an empty body. Throws ModelError: for an answer
   * other than 200 the plugin's status and message, as `METHOD: message`; 502 when it cannot be reached or its answer
   * is not JSON, 504 after the time limit, 503 after an abort.
   */
  async call(method: string, args?: unknown, limits: RequestLimits = {}): Promise<unknown> {
    const body = args === undefined ? '' : `${JSON.stringify(args)}\n`;
    const text = await textOf(await this.#send(method, () => Readable.from([body]), limits), method);
    return answerIn(text, method);
  }

  /** Like `call`, but returns the answer's body as a stream. */
  async stream(method: string, args?: unknown, limits: RequestLimits = {}): Promise<Readable> {
    const body = args === undefined ? '' : `${JSON.stringify(args)}\n`;
    return this.#send(method, () => Readable.from([body]), limits);
  }

  /** Posts the stream that `open` returns to `METHOD`, and returns the answer's JSON. `open` is called for each try. */
  async sendFile(method: string, open: () => Readable, limits: RequestLimits = {}): Promise<unknown> {
    const text = await textOf(await this.#send(method, open, limits), method);
    return answerIn(text, method);
  }

  async #send(method: string, body: () => Readable, limits: RequestLimits): Promise<IncomingMessage> {
    const { retry = true, signal } = limits;
    const began = this.#pauses.now();
    for (let failed = 0; ; failed += 1) {
      try {
        return await this.#try(method, body(), limits);
      } catch (error) {
        if (error instanceof ModelError) throw error;
        const why = error instanceof Error ? error.message : String(error);
        const failure = new ModelError(502, `${method}: ${this.#address.address}: ${why}`, { cause: error });
        const delay = retryDelay(failed);
        if (!retry || givesUp((this.#pauses.now() - began) / 1000, delay)) throw failure;
        await this.#pauses.wait(delay * 1000, signal).catch(() => {
          throw new ModelError(503, `${method}: cancelled`, { cause: error });
        });
      }
    }
  }

  async #try(method: string, body: Readable, { signal, timeoutMs }: RequestLimits): Promise<IncomingMessage> {
    const limit = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
    const signals = [signal, limit].filter((one) => one !== undefined);
    const either = signals.length === 0 ? undefined : AbortSignal.any(signals);
    try {
      const answer = await this.#exchange(method, body, either);
      if (answer.statusCode === 200) return answer;
      throw new ModelError(answer.statusCode ?? 502, `${method}: ${await refusalIn(answer)}`);
    } catch (error) {
      if (signal?.aborted) throw new ModelError(503, `${method}: cancelled`, { cause: error });
      if (limit?.aborted)
        throw new ModelError(504, `${method}: no answer after ${Number(timeoutMs) / 1000} s`, {
          cause: error,
        });
      throw error;
    }
  }

  async #exchange(method: string, body: Readable, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    const isSecure = this.scheme === 'https';
    const options: TlsRequestOptions = {
      method: 'POST',
      path: `/${method}`,
      // No keep-alive: a restarted plugin has another socket at the same path.
      agent: false,
      headers: { Accept: DOCKER_CONTENT_TYPE, ...(this.scheme === 'unix' ? { Host: SOCKET_HOST } : {}) },
      ...(signal === undefined ? {} : { signal }),
      ...this.#target(),
      ...(isSecure ? await this.#tls() : {}),
    };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = isSecure ? httpsRequest(options, resolve) : httpRequest(options, resolve);
    outgoing.on('error', reject);
    // A plugin may answer and close before it has read everything.
    pipeline(body, outgoing).catch(reject);
    return promise;
  }

  #target(): RequestOptions {
    const { address } = this.#address;
    if (this.scheme === 'unix') return { socketPath: address.slice('unix://'.length) };
    const { hostname, port } = new URL(address.replace(/^tcp:/, 'http:'));
    return { host: hostname.replace(/^\[|\]$/g, ''), port: port || (this.scheme === 'https' ? 443 : 80) };
  }

  /** TLS options. Without a CA the plugin's certificate is not verified, as in Docker. */
  async #tls(): Promise<TlsRequestOptions> {
    const { CAFile, CertFile, KeyFile, InsecureSkipVerify = false } = this.#address.tls ?? {};
    const read = (path: string | undefined) => (path === undefined ? undefined : readFile(path));
    const [ca, cert, key] = await Promise.all([read(CAFile), read(CertFile), read(KeyFile)]);
    return { ca, cert, key, rejectUnauthorized: ca !== undefined && !InsecureSkipVerify };
  }
}

function answerIn(text: string, method: string): unknown {
  if (text.trim() === '') return null;
  try {
    return jsonFrom(text);
  } catch (cause) {
    throw new ModelError(502, `${method}: expected JSON in the answer`, { cause });
  }
}

/** The message in an answer other than 200: `Err` of its JSON, or its text. */
async function refusalIn(answer: IncomingMessage): Promise<string> {
  const text = await textOf(answer, 'error');
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value) && typeof value.Err === 'string' && value.Err !== '') return value.Err;
  } catch {
    // Not JSON: use the text.
  }
  return text.trim() || `status ${answer.statusCode}`;
}

async function textOf(answer: Readable, method: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    size += chunk.length;
    if (size > LONGEST_ANSWER)
      throw new ModelError(502, `${method}: the answer is longer than ${LONGEST_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
