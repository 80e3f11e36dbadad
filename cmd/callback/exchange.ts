import type { IncomingHttpHeaders } from 'node:http';
import type { Agents } from 'got';
import { foreign, own, say, type Wording } from '../../lib/models/index.ts';
import { pinnedTo, type Trust } from './trust.ts';

/** A request to send. */
export interface Outgoing {
  method: string;
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string | undefined;
  trust: Trust;
  limitMs: number;
}

export interface Incoming {
  status: number;
  /** Reason phrase of the status. */
  reason: string;
  headers: IncomingHttpHeaders;
  /** Body after decompression. */
  body: Buffer;
}

/** Why a request has no answer. `code` is the code for an error about it. */
export class NoAnswer extends Error {
  readonly code: number;
  readonly says: Wording;

  constructor(code: number, says: Wording, cause?: unknown) {
    super('no answer', { cause });
    this.code = code;
    this.says = says;
  }
}

const CONNECT_MS = 20_000;
/** Idle connections are closed before most servers close them. */
const IDLE_MS = 4_000;
const CONNECTIONS = 100;
/** Limit for an answer, in bytes after decompression. */
const LONGEST_ANSWER = 16 * 1024 * 1024;
const MOST_REDIRECTS = 3;
/** How many kept connections may turn out to be closed, in one request. */
const MOST_STALE = 5;
/** Limit for agents, one per trust setting. */
const MOST_AGENTS = 50;

const UNREACHED = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EHOSTDOWN|ENETDOWN)$/;

/** Sends requests, through a proxy if configured. */
export class Exchange {
  readonly #proxy: string | undefined;
  readonly #agents = new Map<string, Promise<Agents>>();

  constructor(proxy: string | undefined) {
    this.#proxy = proxy;
  }

  /**
   * Sends a request. Redirects are followed on the same host only, since body and token would otherwise go elsewhere.
   * Throws NoAnswer, or the reason of the signal.
   */
  async send(outgoing: Outgoing, signal: AbortSignal): Promise<Incoming> {
    const limit = AbortSignal.timeout(outgoing.limitMs);
    const within = AbortSignal.any([signal, limit]);
    let request = outgoing;
    for (let redirects = 0; ; redirects += 1) {
      let answer: Incoming;
      try {
        answer = await this.#reached(request, within);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof NoAnswer) throw error;
        if (limit.aborted) {
          throw new NoAnswer(504, say`gave no answer within ${outgoing.limitMs / 1000} s`, error);
        }
        throw noAnswer(error, this.#proxy !== undefined);
      }
      const { location } = answer.headers;
      if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
      if (redirects === MOST_REDIRECTS)
        throw new NoAnswer(502, say`redirects more than ${MOST_REDIRECTS} times`);
      request = redirected(request, location, answer.status);
    }
  }

  /** Closes idle connections. */
  close(): void {
    for (const agents of this.#agents.values()) {
      void agents.then(({ http, https }) => {
        for (const agent of [http, https]) if (agent && 'destroy' in agent) agent.destroy();
      });
    }
    this.#agents.clear();
  }

  /** Repeats the request when it met a kept connection that the server had just closed. */
  async #reached(outgoing: Outgoing, signal: AbortSignal): Promise<Incoming> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#once(outgoing, signal);
      } catch (error) {
        if (tries === MOST_STALE || !wasStale(error)) throw error;
      }
    }
  }

  async #once({ method, url, headers, body, trust }: Outgoing, signal: AbortSignal): Promise<Incoming> {
    signal.throwIfAborted();
    const { default: got } = await import('got');
    const tooLong = new AbortController();
    const pending = got(url, {
      // The type only lists common methods.
      method: method as 'POST',
      headers: { 'user-agent': 'drp-callback', ...headers },
      body,
      allowGetBody: true,
      agent: await this.#agent(trust),
      responseType: 'buffer',
      throwHttpErrors: false,
      followRedirect: false,
      retry: { limit: 0 },
      timeout: { lookup: CONNECT_MS, connect: CONNECT_MS, secureConnect: CONNECT_MS },
      signal: AbortSignal.any([signal, tooLong.signal]),
    });
    pending.on('downloadProgress', ({ transferred }) => {
      if (transferred > LONGEST_ANSWER) tooLong.abort();
    });
    try {
      const { statusCode: status, statusMessage: reason = '', headers, rawBody } = await pending;
      return { status, reason, headers, body: Buffer.from(rawBody) };
    } catch (error) {
      if (!tooLong.signal.aborted) throw error;
      throw new NoAnswer(502, say`answers, but its answer is longer than ${LONGEST_ANSWER} bytes`, error);
    }
  }

  #agent({ insecure, ca }: Trust): Promise<Agents> {
    const key = `${insecure}${ca ?? ''}`;
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    const made = (async () => {
      const [http, https] = await Promise.all([import('node:http'), import('node:https')]);
      const proxyEnv =
        this.#proxy === undefined ? undefined : { HTTP_PROXY: this.#proxy, HTTPS_PROXY: this.#proxy };
      const options = { keepAlive: true, timeout: IDLE_MS, maxSockets: CONNECTIONS, proxyEnv };
      const verified = ca === undefined ? {} : pinnedTo(ca);
      return {
        http: new http.Agent(options),
        https: new https.Agent({ ...options, ...verified, rejectUnauthorized: !insecure }),
      };
    })();
    if (this.#agents.size >= MOST_AGENTS) this.close();
    this.#agents.set(key, made);
    return made;
  }
}

/** The request for a redirect. Throws NoAnswer when it leads to another host. */
function redirected(request: Outgoing, location: string, status: number): Outgoing {
  const from = new URL(request.url);
  const to = URL.parse(location, from);
  if (to === null || !/^https?:$/.test(to.protocol))
    throw new NoAnswer(502, say`redirects to an invalid URL`);
  const upgraded =
    from.protocol === 'http:' && to.protocol === 'https:' && from.port === '' && to.port === '';
  if (to.origin !== from.origin && !(upgraded && to.hostname === from.hostname)) {
    const where = own(to.origin);
    throw new NoAnswer(
      502,
      say`redirects to ${where}, another server, which is not followed: set Url to it if it is right`,
    );
  }
  to.username = '';
  to.password = '';
  if (status !== 303) return { ...request, url: to.href };
  const { 'content-type': _type, ...headers } = request.headers;
  return { ...request, url: to.href, method: 'GET', headers, body: undefined };
}

function noAnswer(error: unknown, proxied: boolean): NoAnswer {
  const code = codeOf(error);
  const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('; if the root CA');
  const by = proxied ? say` through callback/proxy` : say``;
  if (/^(ENOTFOUND|EAI_)/.test(code))
    return new NoAnswer(504, say`cannot be found${by}: ${foreign(code)}`, error);
  if (UNREACHED.test(code)) return new NoAnswer(504, say`does not answer${by}: ${foreign(code)}`, error);
  if (code === 'ETIMEDOUT')
    return new NoAnswer(504, say`does not answer${by} within ${CONNECT_MS / 1000} s`, error);
  if (/CERT|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code)) {
    const says = say`has a certificate that is not trusted: ${foreign(reason)}; name its authority in CA, or let this machine trust it`;
    return new NoAnswer(502, says, error);
  }
  if (/PROXY/.test(code))
    return new NoAnswer(502, say`cannot be reached through callback/proxy: ${foreign(reason)}`, error);
  return new NoAnswer(502, say`gives no answer${by}: ${foreign(reason)}`, error);
}

function wasStale(error: unknown): boolean {
  const { request } = error as { request?: { reusedSocket?: boolean } };
  return request?.reusedSocket === true && /^(ECONNRESET|EPIPE)$/.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
