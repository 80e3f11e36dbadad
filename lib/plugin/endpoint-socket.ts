import { Agent, request } from 'node:http';
import { type Event, ModelError, parseJson, type RawModel, TimeLimit, timestamp } from '../models/index.ts';
import { LogConnection } from './log-connection.ts';
import type { SendLines } from './log-queue.ts';

/** Where the endpoint listens for plugins. (A comment in the Go source spells it differently; the recordings have this.) */
const BASE = '/api-server-plugin/v4';
const REQUEST_LIMIT_MS = 30_000;
/** Longest answer that is read, in bytes. Lists of objects can be large. */
const LONGEST_ANSWER = 256 * 1024 * 1024;

interface Answer {
  status: number;
  body: string;
}

/** The client of the socket on which the endpoint serves this plugin. It connects when needed, and reconnects. */
export class EndpointSocket {
  readonly #path: string;
  /** Log lines have their own connection, so that they never delay an event or an answer. */
  readonly #log: LogConnection;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(path: string) {
    this.#path = path;
    this.#log = new LogConnection(path, `${BASE}/log`);
  }

  /** The sender for LogQueue. */
  readonly sendLines: SendLines = (lines) => this.#log.send(lines);

  /** Creates an event. Throws ModelError: 409 when the endpoint refuses it. */
  async publish(event: Pick<Event, 'Type' | 'Action' | 'Key'> & { Object?: unknown }): Promise<void> {
    const { Type, Action, Key, Object: object = null } = event;
    const body: Event = {
      Time: timestamp(),
      Type,
      Action,
      Key,
      Principal: '',
      Object: object,
      Original: null,
    };
    await this.#call('POST', '/publish', body);
  }

  /**
   * Reports that this plugin cannot go on. With code 403 the endpoint removes the provider; otherwise it stops the
   * plugin.
   */
  async leaving(plugin: string, reason: { code: number; messages?: readonly string[] }): Promise<void> {
    const { code, messages = [] } = reason;
    await this.#call(
      'POST',
      '/leaving',
      new ModelError(code, messages, { model: 'plugins', key: plugin, type: 'plugin' }),
    );
  }

  /** All objects of a prefix. Throws ModelError 404 at endpoints that do not have this route yet. */
  async objects(prefix: string): Promise<RawModel[]> {
    const list = await this.#call('GET', `/objects/${encodeURIComponent(prefix)}`);
    if (Array.isArray(list)) return list as RawModel[];
    throw new ModelError(
      502,
      `objects: expected an array of ${prefix} from the endpoint, found ${typeof list}`,
      {
        model: prefix,
        type: 'plugin',
      },
    );
  }

  close(): void {
    this.#agent.destroy();
    this.#log.close();
  }

  async #call(method: string, path: string, payload?: unknown): Promise<unknown> {
    const body = payload === undefined ? undefined : JSON.stringify(payload);
    let answer: Answer;
    using limit = new TimeLimit(REQUEST_LIMIT_MS);
    try {
      answer = await this.#exchange(method, path, body, limit.signal);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ModelError(503, `${method} ${path}: the endpoint does not answer: ${why}`, {
        type: 'plugin',
        cause,
      });
    }
    const value = parse(answer.body);
    if (answer.status < 300) return value;
    throw (
      ModelError.from(value) ??
      new ModelError(answer.status, `${method} ${path}: ${answer.body.slice(0, 200)}`, { type: 'plugin' })
    );
  }

  #exchange(method: string, path: string, body: string | undefined, signal: AbortSignal): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const outgoing = request({
      socketPath: this.#path,
      agent: this.#agent,
      method,
      path: `${BASE}${path}`,
      signal,
      headers:
        body === undefined
          ? { host: 'unix' }
          : { host: 'unix', 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > LONGEST_ANSWER)
          incoming.destroy(new Error(`the answer is longer than ${LONGEST_ANSWER} bytes`));
        else chunks.push(chunk);
      });
      incoming.on('end', () => {
        resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
      incoming.on('error', reject);
    });
    outgoing.end(body);
    return promise;
  }
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
