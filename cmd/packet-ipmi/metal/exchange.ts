import type { Agents, OptionsInit } from 'got';
import { CloudError, refusal } from './cloud-error.ts';

const CONNECT_MS = 10_000;
/** One try. Nothing here takes the service long: it accepts orders, and carries them out after. */
const REQUEST_MS = 30_000;
const RETRIES = 3;
/** Requests at a time, however many machines are on their way. */
const CONNECTIONS = 16;
/** Connections that nobody uses are closed before the service does it under a request. */
const IDLE_MS = 20_000;
/** A longer Retry-After is not waited for. */
const LONGEST_RETRY_AFTER_MS = 60_000;
/** A failure names no longer pause than this, whatever the cloud asked for: timers end at once above some 24 days. */
const LONGEST_PAUSE_MS = 3_600_000;
/** A page of devices has some 10 MB at most. */
const LONGEST_ANSWER = 64 * 1024 * 1024;
/** How much of what the cloud says goes into an error. */
const QUOTED = 500;

/** Statuses after which a request that does no harm when it is done twice is sent again. */
const PASSING = [429, 500, 502, 503, 504];
/** Causes with which nothing of a request can have reached the cloud. */
const NOT_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH'];

/** Codes of a certificate whose authority is not trusted here. */
const UNKNOWN_AUTHORITY = /^UNABLE_TO_(GET_ISSUER|VERIFY)|SELF_SIGNED/;

export interface CloudRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the base URL, without a slash before it. */
  path: string;
  /** What this is about, for errors: "ordering a device". */
  what: string;
  query?: Readonly<Record<string, string>>;
  json?: unknown;
  /** The longest that one try may take. */
  limitMs?: number;
  signal: AbortSignal;
}

export interface ExchangeOptions {
  /** Base URL of the API, with no slash at its end. */
  url: string;
  key: string;
  /** The longest pause before a request is sent again, when the cloud names none. */
  longestPauseMs: number;
}

/** Sends requests to the cloud. */
export class Exchange {
  readonly #options: ExchangeOptions;
  #agents: Promise<Agents> | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /**
   * Sends a request and returns the answer's JSON; undefined if it has no body. A few times again when that may help:
   * POST only if it was not carried out. Throws CloudError, or the reason of the signal.
   */
  async send(request: CloudRequest): Promise<unknown> {
    const { method, path, what, query = {}, json, limitMs = REQUEST_MS, signal } = request;
    signal.throwIfAborted();
    const { default: got, HTTPError } = await import('got');
    const { url, key } = this.#options;
    const target = new URL(`${url}/${path}`);
    for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
    const tooLong = new AbortController();
    let body: string;
    try {
      const pending = got(target, {
        method,
        headers: { 'x-auth-token': key, accept: 'application/json', 'user-agent': 'drp-plugins' },
        json,
        agent: await this.#connections(),
        responseType: 'text',
        timeout: { connect: CONNECT_MS, secureConnect: CONNECT_MS, request: limitMs },
        retry: this.#retry(method),
        // The key must not go where a redirect leads.
        followRedirect: false,
        signal: AbortSignal.any([signal, tooLong.signal]),
      });
      // What is counted is unpacked.
      pending.on('downloadProgress', ({ transferred }) => {
        if (transferred > LONGEST_ANSWER) tooLong.abort();
      });
      const answer = await pending;
      if (answer.statusCode >= 300)
        throw new CloudError(502, `${what}: answered with a redirect; check packet/api-url`);
      body = answer.body;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CloudError) throw error;
      if (tooLong.signal.aborted) {
        const problem = `${what}: the answer is longer than ${LONGEST_ANSWER} bytes; check packet/api-url`;
        throw new CloudError(502, problem, { uncertain: true });
      }
      if (error instanceof HTTPError) {
        const { statusCode, body: said, headers } = error.response;
        const pauseMs = Math.min(Number(headers['retry-after']) * 1000, LONGEST_PAUSE_MS);
        throw refusal(what, statusCode, this.#clean(errorText(said)), pauseMs);
      }
      throw this.#transportError(what, error);
    }
    if (body === '') return undefined;
    try {
      return JSON.parse(body);
    } catch {
      const problem = `${what}: answered with what is no JSON; check packet/api-url`;
      throw new CloudError(502, problem, { uncertain: true });
    }
  }

  #connections(): Promise<Agents> {
    this.#agents ??= (async () => {
      const [http, https] = await Promise.all([import('node:http'), import('node:https')]);
      const { env } = process;
      // Of all agents, Node makes this true for its own only.
      const proxyEnv = env.NODE_USE_ENV_PROXY === '1' ? env : undefined;
      const options = { keepAlive: true, timeout: IDLE_MS, maxSockets: CONNECTIONS, proxyEnv };
      return { http: new http.Agent(options), https: new https.Agent(options) };
    })();
    return this.#agents;
  }

  #retry(method: CloudRequest['method']): OptionsInit['retry'] {
    const { longestPauseMs } = this.#options;
    const bounds = { limit: RETRIES, backoffLimit: longestPauseMs, maxRetryAfter: LONGEST_RETRY_AFTER_MS };
    if (method === 'POST') return { ...bounds, methods: ['POST'], statusCodes: [429], errorCodes: NOT_SENT };
    return { ...bounds, methods: [method], statusCodes: PASSING };
  }

  #transportError(what: string, error: unknown): CloudError {
    // What Node adds is advice for those who can choose its options.
    const [cause = ''] = (error instanceof Error ? error.message : String(error)).split('; if the root CA');
    const code = codeOf(error);
    const trust = /CERT|UNABLE_TO_VERIFY|ERR_TLS/.test(code);
    const advice = UNKNOWN_AUTHORITY.test(code)
      ? '; if it is right, make its authority one that the machine of the endpoint trusts'
      : '';
    return new CloudError(
      code === 'ETIMEDOUT' ? 504 : 503,
      `${what}: no answer from the service at packet/api-url: ${this.#clean(cause)}${advice}`,
      { transient: !trust, uncertain: !trust && !NOT_SENT.includes(code) },
    );
  }

  #clean(text: string): string {
    const { key } = this.#options;
    const hidden = key === '' ? text : text.replaceAll(key, '(packet/api-key)');
    return hidden.length > QUOTED ? `${hidden.slice(0, QUOTED)}...` : hidden;
  }
}

/** `{"error": "..."}` or `{"errors": ["...", ...]}`; what is neither, a proxy's page for example, is left out. */
function errorText(body: unknown): string {
  try {
    const { error, errors } = JSON.parse(String(body)) as { error?: unknown; errors?: unknown };
    return [error, errors]
      .flat()
      .filter((text) => typeof text === 'string')
      .join('; ');
  } catch {
    return '';
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
