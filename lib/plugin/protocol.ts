import { validateHeaderName, validateHeaderValue } from 'node:http';
import { posix } from 'node:path';
import { LOG_LEVELS, type LogLevel, ModelError } from '../models/index.ts';
import { decodeAction, decodeEvent, decodeParams } from './body.ts';
import { type CallSite, callSite, stackOf } from './call-site.ts';
import type { RouteAnswer } from './declaration.ts';
import { thrownMessage } from './failure-text.ts';
import { MOST_ACTIONS, type PluginInstance } from './instance.ts';
import { type Logger, linesFrom } from './logger.ts';

/** One request on the inbound socket, its body read. */
export interface Incoming {
  method: string;
  /** The request target as sent, with its query. */
  url: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/** What goes back. `stops` marks the answer after which the process ends. */
export interface Outgoing {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  stops?: boolean;
}

const BASE = '/api-plugin/v4';
const ROUTES = '/plugin-apis/';
/** Headers that follow from the body and the connection, whatever a plugin says. */
const FRAMING = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The plugin protocol on the inbound socket, without the socket: every request gets an answer, whatever it is and
 * whatever a handler throws.
 */
export class Protocol {
  readonly #instance: PluginInstance;
  readonly #log: Logger;
  /** Where the line about each request is written. */
  #site: CallSite | undefined;

  constructor(instance: PluginInstance, log: Logger) {
    this.#instance = instance;
    this.#log = log;
  }

  async answer(incoming: Incoming): Promise<Outgoing> {
    // An endpoint asks whether anybody is there, every few seconds: that is not worth a line in its log.
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
   * The logger of one request: a group of its own, and the level that the request asks for. A line about an event that
   * became an event would come back here.
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

  /** Status and body for what was thrown. What nobody expected is a 500 with the stack, and is logged. */
  #failure(incoming: Incoming, path: string, thrown: unknown, log: Logger): [number, unknown] {
    const expected = ModelError.from(thrown);
    if (expected !== undefined) {
      const { code, messages, model, key, type } = expected;
      if (code >= 400 && code <= 599) return [code, expected];
      // Endpoints answer with the Code in the body: 200, or one that HTTP does not have, would be a success.
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

/** The path of a request target, decoded. A target that cannot be decoded is taken as it is. */
function pathOf(url: string): string {
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
  // A length of zero says that there is no body; chunks announce one.
  if (body.length === 0 && headers['transfer-encoding'] !== undefined) {
    throw new ModelError(400, 'EOF: expected a JSON value, found an empty body', { type: method });
  }
}

function notFound(method: string, path: string): ModelError {
  return new ModelError(404, [], { type: method, key: path });
}

/** The reference answers paths with `//` or dots by a redirect to the clean path. */
function redirect(path: string): Outgoing {
  return { status: 301, headers: { location: encodeURI(path) }, body: Buffer.alloc(0) };
}

function ok(): Outgoing {
  return jsonAnswer(200, new ModelError(200, []));
}

/** More at once would make all of them slower, and none is lost by being sent again. */
function full(method: string): Outgoing {
  const message = `${MOST_ACTIONS} actions run or wait here: send this one again in a second`;
  const refusal = jsonAnswer(503, new ModelError(503, message, { type: method }));
  return { ...refusal, headers: { ...refusal.headers, 'retry-after': '1' } };
}

/** An answer with a JSON body. Throws when the value cannot be encoded. */
export function jsonAnswer(status: number, value: unknown): Outgoing {
  const body = Buffer.from(JSON.stringify(value) ?? 'null');
  return { status, headers: { 'content-type': 'application/json' }, body };
}

/** What an action returned. Throws ModelError for a value that JSON does not have: a BigInt, or an object within itself. */
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

/** What a plugin's `routes` answered, fit to be sent. Throws for a status or header that HTTP does not have. */
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
  if (typeof body === 'string') return { status, headers, body: Buffer.from(body) };
  if (body instanceof Uint8Array) return { status, headers, body: Buffer.from(body) };
  const json = jsonAnswer(status, body);
  return { ...json, headers: { ...json.headers, ...headers } };
}

function textOf(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : '';
}

/** The level of this name, in any case; `err` is `error`, as in the reference. */
function levelNamed(text: string): LogLevel | undefined {
  const name = text.toLowerCase();
  return LOG_LEVELS.find((level) => level === name || (level === 'error' && name === 'err'));
}

/** A duration in the form of the reference's log: 569.623µs, 2.163076ms, 1.5s. */
function latency(micros: number): string {
  if (micros < 1000) return `${micros.toFixed(3)}µs`;
  if (micros < 1_000_000) return `${(micros / 1000).toFixed(3)}ms`;
  return `${(micros / 1_000_000).toFixed(3)}s`;
}
