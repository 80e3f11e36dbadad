import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SelfsignedOptions } from 'selfsigned';
import { keptCertificate } from '../kept-certificate.ts';
import { type Failure, Failures } from './failures.ts';
import { type Answer, type Arguments, methods } from './methods.ts';
import { RateLimit } from './rate-limit.ts';
import {
  type Bot,
  type BotOptions,
  type Channel,
  type ChannelOptions,
  type PostedMessage,
  State,
} from './state.ts';

/** A call as it came. */
export interface Call {
  method: string;
  /** From the Authorization header, or the argument; empty if no token was sent. */
  token: string;
  arguments: Arguments;
}

/**
 * A stand-in for the Slack Web API on a port of loopback, with workspaces that keep what is posted. It is written from
 * Slack's public documentation; what it answers has the page beside it.
 */
export class SlackService implements AsyncDisposable {
  readonly #server: Server;
  readonly #state = new State();
  readonly #failures = new Failures();
  /** Its certificate (PEM), when it speaks TLS. */
  readonly certificate: string | undefined;
  /** All calls, oldest first. */
  readonly calls: Call[] = [];
  readonly limit = new RateLimit();
  /** URLs that were asked for: a token must never be in one. */
  readonly urls: string[] = [];

  private constructor(server: Server, certificate: string | undefined) {
    this.#server = server;
    this.certificate = certificate;
    server.on('request', (request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async start({ tls = false } = {}): Promise<SlackService> {
    const made = tls
      ? await keptCertificate('slack', (generate) =>
          generate([{ name: 'commonName', value: 'slack.test' }], CERTIFICATE),
        )
      : undefined;
    const server = made ? createTlsServer({ key: made.key, cert: made.cert }) : createServer();
    const service = new SlackService(server, made?.cert);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return service;
  }

  /** For `slack/api-url`. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}/api/`;
  }

  /** What was posted, oldest first. */
  get messages(): readonly PostedMessage[] {
    return this.#state.messages;
  }

  /** What was posted in a channel, by its name. */
  in(channel: string): PostedMessage[] {
    return this.#state.messages.filter(({ name }) => name === channel);
  }

  addBot(options: BotOptions): Bot {
    return this.#state.addBot(options);
  }

  addChannel(options: ChannelOptions): Channel {
    return this.#state.addChannel(options);
  }

  /** The next `times` calls of a method fail. */
  fail(method: string, failure: Failure, times = 1): void {
    this.#failures.add(method, failure, times);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close').catch(() => {});
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '';
    this.urls.push(url);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const method = url.replace(/^\/api\//, '').replace(/\?.*/, '');
    const given = argumentsIn(request, Buffer.concat(chunks).toString('utf8'));
    // Tokens travel in the header or as an argument: https://docs.slack.dev/apis/web-api#basics
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? given.token ?? '';
    this.calls.push({ method, token, arguments: given });
    if (method === 'chat.postMessage') this.limit.watch();
    const failure = this.#failures.take(method);
    if (failure !== undefined) {
      if ('cut' in failure && failure.after) this.#answer(method, token, given);
      this.#fail(response, failure);
      return;
    }
    const seconds = this.#overLimit(method, token, given);
    if (seconds !== undefined) {
      this.#fail(response, { retryAfter: seconds });
      return;
    }
    const scopes = [...(this.#state.bots.get(token)?.scopes ?? [])].join(',');
    send(
      response,
      200,
      this.#answer(method, token, given),
      scopes === '' ? {} : { 'x-oauth-scopes': scopes },
    );
  }

  /** Every call is answered with status 200, and `ok` in the body: https://docs.slack.dev/apis/web-api#responses */
  #answer(method: string, token: string, given: Arguments): Answer {
    const bot = this.#state.bots.get(token);
    // https://docs.slack.dev/reference/methods/auth.test#errors
    if (token === '') return { ok: false, error: 'not_authed' };
    if (bot === undefined) return { ok: false, error: 'invalid_auth' };
    if (bot.refusal !== undefined) return { ok: false, error: bot.refusal };
    const run = methods[method];
    return run === undefined
      ? { ok: false, error: 'unknown_method', req_method: method }
      : run(this.#state, bot, given);
  }

  #overLimit(method: string, token: string, { channel = '' }: Arguments): number | undefined {
    if (method !== 'chat.postMessage' || !this.#state.bots.has(token)) return undefined;
    const id = this.#state.channel(channel)?.id;
    return id === undefined ? undefined : this.limit.take(id);
  }

  #fail(response: ServerResponse, failure: Failure): void {
    if ('error' in failure) send(response, 200, { ok: false, error: failure.error, ...failure.more });
    else if ('retryAfter' in failure) {
      // https://docs.slack.dev/apis/web-api/rate-limits#responding-to-rate-limiting-conditions
      const { retryAfter } = failure;
      if (retryAfter !== null) this.limit.close(retryAfter);
      const header: Record<string, string> = retryAfter === null ? {} : { 'retry-after': String(retryAfter) };
      send(response, 429, { ok: false, error: 'ratelimited' }, header);
    } else if ('status' in failure) {
      response.writeHead(failure.status, { 'content-type': 'text/html' });
      response.end(failure.body ?? '<html>no such luck</html>');
    } else if ('cut' in failure) response.destroy();
  }
}

const CERTIFICATE = {
  keyType: 'ec',
  curve: 'P-256',
  algorithm: 'sha256',
  extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
} as const satisfies SelfsignedOptions;

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

/** Forms and JSON are taken: https://docs.slack.dev/apis/web-api#http-post-methods */
function argumentsIn(request: IncomingMessage, body: string): Arguments {
  if (!request.headers['content-type']?.startsWith('application/json')) {
    return Object.fromEntries(new URLSearchParams(body));
  }
  const given = JSON.parse(body) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}
