import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Event, jsonFrom, type LogLine, ModelError, timestamp } from '../../models/index.ts';
import { postedLine } from './log-line.ts';
import type { OpenExchange, Traffic } from './traffic.ts';

const BASE = '/api-server-plugin/v4';
const OBJECTS = `${BASE}/objects/`;
const LONGEST_BODY = 64 * 1024 * 1024;
/** How long posts that a plugin sent just before its end are still read. */
const FAREWELL_MS = 1_000;

/** Requests of a plugin over its FROM_SOCKET. A thrown ModelError is the answer. */
export interface PluginRequests {
  log(line: LogLine): void;
  publish(event: Event): void | Promise<void>;
  leaving(reason: ModelError): void;
  objects(prefix: string): readonly unknown[] | Promise<readonly unknown[]>;
}

/** The socket on which the endpoint serves one run of a plugin. */
export class PluginServer {
  readonly #path: string;
  readonly #requests: PluginRequests;
  readonly #traffic: Traffic;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #allGone: (() => void) | undefined;

  constructor(path: string, requests: PluginRequests, traffic: Traffic) {
    this.#path = path;
    this.#requests = requests;
    this.#traffic = traffic;
    // dr-provision never closes an idle connection. Closing one could lose a post that the plugin is just sending.
    this.#server = createServer(
      { keepAliveTimeout: 0 },
      (incoming, outgoing) => void this.#answer(incoming, outgoing),
    );
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        if (this.#sockets.size === 0) this.#allGone?.();
      });
    });
  }

  /** Listens. Removes a socket left over from an earlier run. Throws ModelError. */
  async listen(): Promise<void> {
    await rm(this.#path, { force: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen(this.#path, resolve);
    try {
      await promise;
      await chmod(this.#path, 0o600);
    } catch (cause) {
      throw new ModelError(500, `cannot listen: ${cause instanceof Error ? cause.message : cause}`, {
        cause,
      });
    }
    this.#server.off('error', reject);
    this.#server.on('error', () => {});
  }

  /** After the plugin's end: reads its last posts, then closes and removes the socket. */
  async close(): Promise<void> {
    if (this.#sockets.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#allGone = resolve;
      const timer = setTimeout(resolve, FAREWELL_MS);
      await promise;
      clearTimeout(timer);
    }
    this.#server.close();
    this.#server.closeAllConnections();
    await rm(this.#path, { force: true });
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const method = incoming.method ?? '';
    const path = (incoming.url ?? '/').replace(/\?.*$/s, '');
    const exchange = this.#traffic.begin('plugin', method, incoming.url ?? '/');
    const answer = (status: number, value: unknown) => {
      const text = value === undefined ? undefined : JSON.stringify(value);
      exchange.end(status, text);
      send(outgoing, status, text);
    };
    try {
      const body = async () => readJson(incoming, exchange);
      answer(...(await this.#serve(body, method, path)));
    } catch (error) {
      const known =
        ModelError.from(error) ??
        new ModelError(500, error instanceof Error ? error.message : String(error), {
          type: method,
          key: path,
        });
      answer(known.code, known);
    }
  }

  async #serve(
    body: () => Promise<unknown>,
    method: string,
    path: string,
  ): Promise<[status: number, value: unknown]> {
    if (method === 'GET' && path.startsWith(OBJECTS)) {
      return [200, await this.#requests.objects(decodePrefix(path.slice(OBJECTS.length)))];
    }
    if (method !== 'POST') throw new ModelError(404, [], { type: method, key: path });
    switch (path) {
      case `${BASE}/log`:
        this.#requests.log(postedLine(await body()));
        return [204, undefined];
      case `${BASE}/publish`:
        await this.#publish(postedEvent(await body()));
        return [200, new ModelError(200, [])];
      case `${BASE}/leaving`:
        this.#requests.leaving(postedReason(await body()));
        return [204, undefined];
      default:
        throw new ModelError(404, [], { type: method, key: path });
    }
  }

  /** As in dr-provision, a refused event is a 409, whatever the reason. */
  async #publish(event: Event): Promise<void> {
    try {
      await this.#requests.publish(event);
    } catch (error) {
      const { messages, model, key, type } = ModelError.from(error) ?? {
        messages: [error instanceof Error ? error.message : String(error)],
      };
      throw new ModelError(409, messages, { model, key, type, cause: error });
    }
  }
}

function send(outgoing: ServerResponse, status: number, text: string | undefined): void {
  if (outgoing.destroyed) return;
  outgoing.setHeader('content-type', 'application/json');
  // A connection with an unread rest of a body cannot be reused.
  if (!outgoing.req.complete) outgoing.setHeader('connection', 'close');
  if (text === undefined) {
    outgoing.writeHead(status).end();
    return;
  }
  const body = Buffer.from(text);
  outgoing.writeHead(status, { 'content-length': body.length }).end(body);
}

/** The decoded body; null when it is empty. Throws ModelError 400, or 413 when it is too long. */
async function readJson(incoming: IncomingMessage, exchange: OpenExchange): Promise<unknown> {
  const type = incoming.method ?? '';
  const contentType = incoming.headers['content-type'] ?? '';
  if (!contentType.toLowerCase().includes('application/json'))
    throw new ModelError(400, `Invalid content type: ${contentType}`, { type });
  const chunks: Buffer[] = [];
  let size = 0;
  // Keeps the connection open so that a refusal can be sent.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LONGEST_BODY)
      throw new ModelError(413, `body: expected at most ${LONGEST_BODY} bytes`, { type });
    chunks.push(chunk);
  }
  if (size === 0) return null;
  const text = Buffer.concat(chunks).toString('utf8');
  exchange.request(text);
  try {
    return jsonFrom(text);
  } catch (cause) {
    throw new ModelError(400, `body: ${cause instanceof Error ? cause.message : cause}`, { type, cause });
  }
}

function postedEvent(body: unknown): Event {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new ModelError(400, 'event: expected an object', { type: 'POST' });
  const fields: Partial<Record<keyof Event, unknown>> = body;
  const text = (name: 'Time' | 'Type' | 'Action' | 'Key' | 'Principal'): string => {
    const value = fields[name] ?? '';
    if (typeof value === 'string') return value;
    throw new ModelError(400, `event: ${name}: expected a string, found ${typeof value}`, { type: 'POST' });
  };
  return {
    Time: text('Time') || timestamp(),
    Type: text('Type'),
    Action: text('Action'),
    Key: text('Key'),
    Principal: text('Principal'),
    Object: fields.Object ?? null,
    Original: fields.Original ?? null,
  };
}

/** The plugin's reason for leaving. An invalid or absent error object gets a default. */
function postedReason(body: unknown): ModelError {
  return ModelError.from(body) ?? new ModelError(0, []);
}

function decodePrefix(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
