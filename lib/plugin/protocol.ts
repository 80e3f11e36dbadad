import { validateHeaderName, validateHeaderValue } from 'node:http';
import { posix } from 'node:path';
import { LOG_LEVELS, type LogLevel, ModelError } from '../models/index.ts';
import { decodeAction, decodeEvent, decodeParams } from './body.ts';
import { type CallSite, callSite, stackOf } from './call-site.ts';
import type { RouteAnswer } from './declaration.ts';
import { thrownMessage } from './failure-text.ts';
import { MOST_ACTIONS, type PluginInstance } from './instance.ts';
import { type Logger, linesFrom } from './logger.ts';

/** A request on the inbound socket, with its body. */
export interface Incoming {
  method: string;
  /** The request target as sent, with its query. */
  url: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/** An answer. After one with `stops` the process ends. */
export interface Outgoing {
  status: number;
  headers: Record<string, string>;
  /** Node.js joins text to the head, and sends both with one plain write. */
  body: string | Buffer;
  stops?: boolean;
}

const BASE = '/api-plugin/v4';
const ROUTES = '/plugin-apis/';
/** Headers that the HTTP server sets itself; a plugin's values are dropped. */
const FRAMING = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The plugin protocol on the inbound socket, without I/O. Every request gets an answer, whatever a handler throws. */
export class Protocol {
  readonly #instance: PluginInstance;
  readonly #log: Logger;
  /** The call site of the line that is logged for each request. */
  #site: CallSite | undefined;

  constructor(instance: PluginInstance, log: Logger) {
    this.#instance = instance;
    this.#log = log;
  }

  async answer(incoming: Incoming): Promise<Outgoing> {
    // An endpoint sends this every few seconds to see whether the plugin is alive. It is not logged.
    if (incoming.method === 'OPTIONS' && incoming.url === '*')
      return { status: 200, headers: {}, body: Buffer.alloc(0) };
    const started = process.hrtime.bigint();
    const path = pathOf(incoming.url);
    const log = this.#requestLog(incoming, path);
    let outgoing: Outgoing;
    try {
      outgoing = await this.#serve(incoming, path, log);
    } catch (error) {
      outgoing = jsonAnswer(...this.#failure(incoming, path, error, log));
    }
    const micros = Number(process.hrtime.bigint() - started) / 1000;
    this.#site ??= callSite(0);
    const line = linesFrom(this.#site, log.noRepublish());
    line.debug(`API: st: ${outgoing.status} lt: ${latency(micros)} m: ${incoming.method} ${path}`);
    return outgoing;
  }

  async #serve(incoming: Incoming, path: string, log: Logger): Promise<Outgoing> {
    const at = path.indexOf(ROUTES);
    if (at >= 0) return this.#route(incoming, path.slice(at + ROUTES.length), path, log);
    const clean = posix.normalize(path);
    if (clean !== path) return redirect(clean);
    if (incoming.method !== 'POST') throw notFound(incoming.method, path);
    const { method, body } = incoming;
    switch (path) {
      case `${BASE}/config`:
        requireJson(incoming);
        await this.#instance.configure(decodeParams(method, body), log);
        return ok();
      case `${BASE}/action`: {
        if (!this.#instance.hasRoom()) return full(method);
        requireJson(incoming);
        const action = decodeAction(method, body);
        return resultAnswer(action.Command, await this.#instance.act(action, log));
      }
      case `${BASE}/publish`:
        if (!this.#instance.takesEvents) throw notFound(method, path);
        requireJson(incoming);
        await this.#instance.publish(decodeEvent(method, body), log);
        return ok();
      case `${BASE}/stop`:
        await this.#instance.stop(log);
        return { ...ok(), stops: true };
      default:
        throw notFound(method, path);
    }
  }

  async #route(incoming: Incoming, rest: string, path: string, log: Logger): Promise<Outgoing> {
    const { method, url, headers, body } = incoming;
    const slash = rest.indexOf('/');
    const question = url.indexOf('?');
    const answer = await this.#instance.route(
      {
        method,
        path: slash < 0 ? '/' : rest.slice(slash),
        query: new URLSearchParams(question < 0 ? '' : url.slice(question + 1)),
        headers,
        body,
      },
      log,
    );
    if (answer === undefined) throw notFound(method, path);
    return routeAnswer(answer);
  }

  /**
   * The logger of one request: with its own group and the level that the request asks for. For an event, lines do not
   * become events, which would be sent here again.
   */
  #requestLog(incoming: Incoming, path: string): Logger {
    let log = this.#log.fork();
    if (path === `${BASE}/publish`) log = log.noRepublish();
    const asked = textOf(incoming.headers['x-log-request']);
    if (asked !== '') {
      const level = levelNamed(asked);
      if (level !== undefined) log = log.with({ level });
      else log.noRepublish().error(`Invalid requested log level ${asked.slice(0, 100)}`);
    }
    const token = textOf(incoming.headers['x-log-token']);
    if (token !== '') log.noRepublish().error(`Log token: ${token.slice(0, 1000)}`);
    return log;
  }

  /** Status and body for a thrown value. Anything but a ModelError is a 500 with the stack, and is logged. */
  #failure(incoming: Incoming, path: string, thrown: unknown, log: Logger): [number, unknown] {
    const expected = ModelError.from(thrown);
    if (expected !== undefined) {
      const { code, messages, model, key, type } = expected;
      if (code >= 400 && code <= 599) return [code, expected];
      // Endpoints answer with the Code in the body as status: 200, or a code that HTTP does not have, would be taken
      // for success.
      return [500, new ModelError(500, messages, { model, key, type })];
    }
    const stack = stackOf(thrown);
    const name = thrown instanceof Error ? `${thrown.name}: ` : '';
    const messages = [
      `Handler failed: ${name}${thrownMessage(thrown)}`,
      ...(stack.length > 0 ? ['Stack trace:', ...stack] : []),
    ];
    log.error(messages.join('\n'));
    return [500, new ModelError(500, messages, { type: incoming.method, key: path })];
  }
}

/** Paths that need no decoding, among them those of the protocol. */
const PLAIN_PATH = /^\/[\w./-]*$/;

/** The path of a request target, decoded; unchanged when it cannot be decoded. */
function pathOf(url: string): string {
  if (PLAIN_PATH.test(url)) return url;
  const raw = url.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/[?#].*$/s, '') || '/';
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

function requireJson({ method, headers, body }: Incoming): void {
  const type = textOf(headers['content-type']);
  if (!type.toLowerCase().includes('application/json')) {
    throw new ModelError(400, `Invalid content type: ${type}`, { type: method });
  }
  // A Content-Length of zero says that the body is empty; chunked encoding needs the header.
  if (body.length === 0 && headers['transfer-encoding'] !== undefined) {
    throw new ModelError(400, 'EOF: expected a JSON value, found an empty body', { type: method });
  }
}

function notFound(method: string, path: string): ModelError {
  return new ModelError(404, [], { type: method, key: path });
}

/** Redirects a path with `//` or dots to its clean form, as the Go reference plugin does. */
function redirect(path: string): Outgoing {
  return { status: 301, headers: { location: encodeURI(path) }, body: Buffer.alloc(0) };
}

function ok(): Outgoing {
  return jsonAnswer(200, new ModelError(200, []));
}

/**
 * The answer to an action beyond MOST_ACTIONS: more at once would slow down all of them, and the caller can send it
 * again.
 */
function full(method: string): Outgoing {
  const message = `${MOST_ACTIONS} actions run or wait here: send this one again in a second`;
  const refusal = jsonAnswer(503, new ModelError(503, message, { type: method }));
  return { ...refusal, headers: { ...refusal.headers, 'retry-after': '1' } };
}

/** An answer with a JSON body. Throws when the value cannot be encoded. */
export function jsonAnswer(status: number, value: unknown): Outgoing {
  const body = JSON.stringify(value) ?? 'null';
  return { status, headers: { 'content-type': 'application/json' }, body };
}

/**
 * The answer for an action's return value. Throws ModelError for values that JSON does not have: a BigInt, or a cycle.
 */
function resultAnswer(command: string, result: unknown): Outgoing {
  try {
    return jsonAnswer(200, result);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ModelError(500, `${command}: what it returned cannot be JSON: ${why}`, {
      type: 'plugin',
      cause,
    });
  }
}

/** The answer of a plugin's `routes` in a form that can be sent. Throws for an invalid status or header. */
function routeAnswer(answer: RouteAnswer): Outgoing {
  const { status = 200, body = '' } = answer;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`routes: status: expected a number from 200 to 599, found ${status}`);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    if (!FRAMING.has(name.toLowerCase())) headers[name.toLowerCase()] = value;
  }
  if (typeof body === 'string') return { status, headers, body };
  if (body instanceof Uint8Array) return { status, headers, body: Buffer.from(body) };
  const json = jsonAnswer(status, body);
  return { ...json, headers: { ...json.headers, ...headers } };
}

function textOf(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : '';
}

/** The log level of this name, in any case. As in the Go reference plugin, `err` means `error`. */
function levelNamed(text: string): LogLevel | undefined {
  const name = text.toLowerCase();
  return LOG_LEVELS.find((level) => level === name || (level === 'error' && name === 'err'));
}

/** A duration in the format of Go's logs: 569.623µs, 2.163076ms, 1.5s. */
function latency(micros: number): string {
  if (micros < 1000) return `${micros.toFixed(3)}µs`;
  if (micros < 1_000_000) return `${(micros / 1000).toFixed(3)}ms`;
  return `${(micros / 1_000_000).toFixed(3)}s`;
}
