import { once } from 'node:events';
import { lstatSync } from 'node:fs';
import { lstat, rm, stat } from 'node:fs/promises';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ModelError, TimeLimit } from '../models/index.ts';
import { jsonAnswer, type Outgoing, type Protocol } from './protocol.ts';

/** Longest body that is read. Machines with many params make large actions; nothing makes one of this size. */
const LONGEST_BODY = 64 * 1024 * 1024;
/** From here on a body gets all of its memory at once. */
const LARGE_BODY = 1024 * 1024;
const REQUEST_LIMIT_MS = 60_000;
/** How long a client whose request is refused in the middle may go on sending it. */
const LINGER_MS = 5_000;
/** How long the answers that are on their way may take to leave when the plugin ends. */
const LEAVE_LIMIT_MS = 1_000;

export interface ServerOptions {
  /** Limit for a request to arrive in full, in ms. */
  requestLimitMs?: number;
  /** Called when the answer to `stop` has left. */
  onStopped: () => void;
}

/** The inbound socket: HTTP/1.1 with keep-alive, requests in parallel, everything answered by `protocol`. */
export class PluginServer {
  readonly #server: Server;
  readonly #path: string;
  /** The last two answers of each connection, sent or not. They leave in order. */
  readonly #answers = new WeakMap<Duplex, { last: ServerResponse; before: ServerResponse | undefined }>();
  readonly #refused = new WeakSet<Duplex>();
  readonly #serving = new Set<Promise<boolean>>();
  /** The socket's file, as the file system knows it. */
  #file: { dev: number; ino: number } | undefined;

  constructor(path: string, protocol: Protocol, options: ServerOptions) {
    const { requestLimitMs = REQUEST_LIMIT_MS, onStopped } = options;
    this.#path = path;
    this.#server = createServer(
      {
        requestTimeout: requestLimitMs,
        headersTimeout: requestLimitMs,
        connectionsCheckingInterval: Math.min(requestLimitMs, 5_000),
        // Its absence is answered with a models.Error below.
        requireHostHeader: false,
        // The endpoint keeps one connection for the life of the plugin: closing it when idle would race its next request.
        keepAliveTimeout: 0,
      },
      (request, response) => {
        const { socket } = request;
        this.#answers.set(socket, { last: response, before: this.#answers.get(socket)?.last });
        const serving = serve(protocol, request, response);
        this.#serving.add(serving);
        void serving.then((stops) => {
          this.#serving.delete(serving);
          if (stops) onStopped();
        });
      },
    );
    // A client that has said all it had to say still listens.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#refuse(socket, error));
    this.#server.on('connect', (_request, socket) => this.#refuse(socket, undefined));
  }

  /** Listens on the socket, which only its owner may open. Any file at its path is removed, as the reference does, but a folder. */
  async listen(): Promise<void> {
    await removeLeftover(this.#path);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    const before = process.umask(0o177);
    try {
      // Binds before it returns, so that the mask covers just this. Not shared, or else Node.js would ask a parent of the
      // cluster module for the socket when the environment has NODE_UNIQUE_ID, and wait without end.
      this.#server.listen({ path: this.#path, exclusive: true }, resolve);
    } finally {
      process.umask(before);
    }
    await promise;
    this.#file = lstatSync(this.#path);
  }

  /** Refuses what cannot be read, once the requests before it are answered: a client tells answers by their order. */
  #refuse(socket: Duplex, error: NodeJS.ErrnoException | undefined): void {
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    socket.on('error', () => socket.destroy());
    if (error?.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const { last, before } = this.#answers.get(socket) ?? {};
    // A request that broke off in its body is what is refused here.
    const owed = last?.req.complete ? last : before;
    if (owed === undefined || owed.writableFinished || owed.closed) refuse(socket, error);
    else owed.once('finish', () => refuse(socket, error));
  }

  /**
   * Removes the socket file, so that nothing new comes, lets the answers leave that are on their way, and closes all
   * connections. Never rejects: the plugin has to end even where it cannot. The process is to end after it: Node.js would
   * remove what is at the path when the server itself is closed, be it the socket of the plugin that comes next.
   */
  async close(): Promise<void> {
    const found = await lstat(this.#path).catch(() => undefined);
    if (found !== undefined && found.ino === this.#file?.ino && found.dev === this.#file.dev)
      await rm(this.#path, { force: true }).catch(() => {});
    using limit = new TimeLimit(LEAVE_LIMIT_MS);
    await Promise.race([Promise.allSettled([...this.#serving]), once(limit.signal, 'abort')]);
    this.#server.closeAllConnections();
  }
}

async function removeLeftover(path: string): Promise<void> {
  try {
    // Of a link it is the link that is removed, wherever it leads.
    const found = await lstat(path);
    if (found.isDirectory())
      throw new Error(`listen unix ${path}: is a folder, expected the path of a socket`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // Node.js would say of a folder that is missing that it may not be written.
    const folder = dirname(path);
    await stat(folder).catch(() => {
      throw new Error(`listen unix ${path}: there is no folder ${folder}`);
    });
    return;
  }
  await rm(path, { force: true });
}

/** Answers one request; true when the process is to end after it. */
async function serve(
  protocol: Protocol,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const { method = '', url = '/', headers } = request;
  let outgoing: Outgoing;
  try {
    if (headers.host === undefined && request.httpVersion === '1.1') {
      throw new ModelError(400, 'missing required Host header', { type: method });
    }
    const body = await readBody(request);
    outgoing = await protocol.answer({ method, url, headers, body });
  } catch (error) {
    if (request.socket.destroyed) {
      // The connection broke while its body was on the way: nobody is left to answer.
      response.destroy();
      return false;
    }
    const known = ModelError.from(error) ?? unexpected(error, method);
    outgoing = jsonAnswer(known.code, known);
    response.setHeader('connection', 'close');
  }
  const left = new Promise<void>((resolve) => response.once('close', resolve));
  if (outgoing.stops || asksForUpgrade(request)) response.setHeader('connection', 'close');
  response.writeHead(outgoing.status, { ...outgoing.headers, 'content-length': outgoing.body.length });
  // While others are to leave before it, Node.js would put `100 Continue` between this head and the body.
  if (request.headers.expect !== undefined) response.flushHeaders();
  if (request.complete) response.end(outgoing.body);
  else {
    response.write(outgoing.body);
    await readOn(request);
    response.end();
  }
  await left;
  return outgoing.stops === true;
}

/** Lets the rest of a body come in: a client whose bytes are refused while it sends would not read the answer. */
async function readOn(request: IncomingMessage): Promise<void> {
  request.resume();
  using limit = new TimeLimit(LINGER_MS);
  await finished(request, { signal: limit.signal }).catch(() => {});
}

/** Nothing is upgraded here. Node.js loses what it has received behind such a request, so that it must be the last. */
function asksForUpgrade({ headers }: IncomingMessage): boolean {
  return headers.upgrade !== undefined && /\bupgrade\b/i.test(headers.connection ?? '');
}

/** What goes wrong here is not the plugin's own doing: there is no memory for a body, for instance. */
function unexpected(error: unknown, method: string): ModelError {
  return new ModelError(503, error instanceof Error ? error.message : String(error), { type: method });
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const announced = Number(request.headers['content-length'] ?? 0);
  // All memory at once: what there is not enough for is refused before any of it is used up. Bit by bit it would leave
  // none to V8, which ends the process then.
  const large =
    announced > LARGE_BODY && announced <= LONGEST_BODY ? Buffer.allocUnsafeSlow(announced) : undefined;
  let size = 0;
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  const take = (chunk: Buffer) => {
    size += chunk.length;
    if (size > LONGEST_BODY) {
      const error = `body: expected at most ${LONGEST_BODY} bytes`;
      reject(new ModelError(413, error, { type: request.method ?? '' }));
    } else if (large === undefined) chunks.push(chunk);
    else chunk.copy(large, size - chunk.length);
  };
  // It also comes right after the end, when an error that nobody gets would cost as much as the rest.
  const broken = () => void (request.readableEnded || reject(new Error('the connection broke')));
  request.on('data', take).once('end', resolve).once('error', reject).once('close', broken);
  try {
    await ended;
  } finally {
    // The connection outlives a body that is refused, for the answer.
    if (!request.readableEnded) request.pause();
    request.off('data', take).off('end', resolve).off('error', reject).off('close', broken);
  }
  if (large !== undefined) return large;
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** Answers what is not HTTP, or came too slowly, and closes the connection. */
function refuse(socket: Duplex, error: NodeJS.ErrnoException | undefined): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  // What follows a request that says `Connection: close` was never to be answered.
  if (error?.code === 'HPE_CLOSED_CONNECTION') {
    hangUp(socket, '');
    return;
  }
  const code = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }[error?.code ?? ''] ?? 400;
  const { body } = jsonAnswer(
    code,
    new ModelError(code, error?.message ?? 'CONNECT is not served', { type: 'HTTP' }),
  );
  hangUp(
    socket,
    `HTTP/1.1 ${code} ${STATUS_CODES[code]}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** Says the last, and listens for a moment, as `readOn` does. */
function hangUp(socket: Duplex, text: string): void {
  const limit = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(limit));
  socket.end(text);
  socket.resume();
}
