import type { Agents, OptionsInit } from 'got';
import { CloudError, refusal } from './cloud-error.ts';

const CONNECT_MS = 10_000;
/** Time limit of one try in ms. Requests are short, since orders are only accepted and carried out later. */
const REQUEST_MS = 30_000;
const RETRIES = 3;
/** Limit for concurrent requests. */
const CONNECTIONS = 16;
/** Idle connections are closed before the service could close them under a request. */
const IDLE_MS = 20_000;
/** A longer Retry-After is not waited for. */
const LONGEST_RETRY_AFTER_MS = 60_000;
/** Limit for the pause in an error, whatever the cloud asks for: Node.js fires timers above some 24 days at once. */
const LONGEST_PAUSE_MS = 3_600_000;
/** Limit in bytes. A page of devices has at most some 10 MB. */
const LONGEST_ANSWER = 64 * 1024 * 1024;
/** How many characters of the cloud's message an error quotes. */
const QUOTED = 500;

/** Statuses after which a repeatable request is sent again. */
const TEMPORARY = [429, 500, 502, 503, 504];
/** Error codes that mean that the cloud has seen nothing of the request. */
const NOT_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH'];

/** Error codes of certificates from an authority that is not trusted. */
const UNKNOWN_AUTHORITY = /^UNABLE_TO_(GET_ISSUER|VERIFY)|SELF_SIGNED/;

export interface CloudRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Relative to the base URL, without a leading slash. */
  path: string;
  /** Description for errors: "ordering a device". */
  what: string;
  query?: Readonly<Record<string, string>>;
  json?: unknown;
  /** Time limit of one try in ms. */
  limitMs?: number;
  signal: AbortSignal;
}

export interface ExchangeOptions {
  /** Base URL of the API, without a slash at its end. */
  url: string;
  key: string;
  /** Longest pause before a repetition, unless the cloud asks for one. */
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
   * Sends a request and returns the answer's JSON; undefined for an empty body. Repeats it a few times where that may
   * help, POST only if it was not carried out. Throws CloudError, or the reason of the signal.
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
        // The API key must not be sent to another server.
        followRedirect: false,
        signal: AbortSignal.any([signal, tooLong.signal]),
      });
      // Counts bytes after decompression.
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
      // Node.js reads proxy variables for its own agents only.
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
    return { ...bounds, methods: [method], statusCodes: TEMPORARY };
  }

  #transportError(what: string, error: unknown): CloudError {
    // Node's advice about command-line options is of no use to operators.
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

/**
 * The message in `{"error": "..."}` or `{"errors": ["...", ...]}`; empty for other bodies, for example a proxy's page.
 */
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
