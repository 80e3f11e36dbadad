import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { seal } from '../../lib/api/index.ts';

/** An answer of the endpoint. */
export interface Reply {
  status: number;
  json: unknown;
}

/** Ms. Longer than any answer may take. */
const LIMIT_MS = 90_000;
/** Hundreds of parallel TLS connections fragment the endpoint's memory, which looks like a leak. */
const MOST_CONNECTIONS = 50;

/** A client without the plugins' client code and without retries, so that unanswered requests are noticed. */
export class EndpointApi implements Disposable {
  readonly #agent = new Agent({
    keepAlive: true,
    // Without a value, Agent ignores the endpoint's Keep-Alive header, and requests meet closing connections.
    timeout: 20_000,
    maxSockets: MOST_CONNECTIONS,
    rejectUnauthorized: false,
  });
  readonly #url: string;
  #authorization: string;

  private constructor(url: string, authorization: string) {
    this.#url = url;
    this.#authorization = authorization;
  }

  /** Logs in for the duration of a soak. Throws an Error. */
  static async login(url: string, user: string, password: string): Promise<EndpointApi> {
    const credentials = Buffer.from(`${user}:${password}`).toString('base64');
    const api = new EndpointApi(url, `Basic ${credentials}`);
    const { Token } = await api.done<{ Token: string }>('GET', `users/${user}/token?ttl=864000`);
    api.#authorization = `Bearer ${Token}`;
    return api;
  }

  /** Sends a request to `/api/v3/PATH`. Throws an Error when there is no answer. */
  async call(method: string, path: string, body?: unknown): Promise<Reply> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const outgoing = request(`${this.#url}/api/v3/${path}`, {
      agent: this.#agent,
      method,
      signal: AbortSignal.timeout(LIMIT_MS),
      headers: {
        authorization: this.#authorization,
        ...(text === ''
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      },
    });
    outgoing.end(text);
    const [incoming] = await once(outgoing, 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    return { status: incoming.statusCode ?? 0, json: parsed(Buffer.concat(chunks).toString()) };
  }

  /** Like `call`, but throws an Error with the answer when it is not a success. */
  async done<T>(method: string, path: string, body?: unknown): Promise<T> {
    const { status, json } = await this.call(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path} was answered ${status}: ${JSON.stringify(json)}`);
    return json as T;
  }

  /** Sets a secure param, encrypted by the client. Throws an Error. */
  async setSecret(object: string, param: string, value: unknown): Promise<void> {
    const key = await this.done<string>('GET', `${object}/pubkey`);
    const sealed = await seal(new Uint8Array(Buffer.from(key, 'base64')), value);
    await this.done('POST', `${object}/params/${param}`, sealed);
  }

  /** Uses new connections: the endpoint was killed. */
  reconnect(): void {
    this.#agent.destroy();
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}
