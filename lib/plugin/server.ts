import { once } from 'node:events';
import { existsSync, lstatSync, rmSync } from 'node:fs';
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

/** Longest body that is read, in bytes: far more than the largest action has. */
const LONGEST_BODY = 64 * 1024 * 1024;
/** From this size in bytes, a body's buffer is allocated at once. */
const LARGE_BODY = 1024 * 1024;
const REQUEST_LIMIT_MS = 60_000;
/** How long a client may go on sending a request that was refused. */
const LINGER_MS = 5_000;
/** How long answers may take to be sent when the plugin ends. */
const LEAVE_LIMIT_MS = 1_000;

export interface ServerOptions {
  /** Time limit for a request to arrive in full, in ms. */
  requestLimitMs?: number;
  /** Called when the answer to `stop` was sent. */
  onStopped: () => void;
}

/** The inbound socket: HTTP/1.1 with keep-alive and parallel requests, answered by `protocol`. */
export class PluginServer {
  readonly #server: Server;
  readonly #path: string;
  /** The last two answers of each connection, sent or not. They are sent in order. */
  readonly #answers = new WeakMap<Duplex, { last: ServerResponse; before: ServerResponse | undefined }>();
  readonly #refused = new WeakSet<Duplex>();
  readonly #serving = new Set<Promise<boolean>>();
  #connections = 0;
  /** Resolves when all requests that have arrived are read. */
  #turn: Promise<void> | undefined;
  /** Identifies the socket file, so that `close` does not remove another one at its path. */
  #file: { dev: number; ino: number } | undefined;

  constructor(path: string, protocol: Pick<Protocol, 'answer'>, options: ServerOptions) {
    const { requestLimitMs = REQUEST_LIMIT_MS, onStopped } = options;
    this.#path = path;
    this.#server = createServer(
      {
        requestTimeout: requestLimitMs,
        headersTimeout: requestLimitMs,
        connectionsCheckingInterval: Math.min(requestLimitMs, 5_000),
        // `protocol` answers a request without Host with a models.Error.
        requireHostHeader: false,
        // The endpoint keeps one connection for the life of the plugin. Closing it when idle could collide with its
        // next request.
        keepAliveTimeout: 0,
      },
      (request, response) => {
        const { socket } = request;
        this.#answers.set(socket, { last: response, before: this.#answers.get(socket)?.last });
        const serving = serve(protocol, request, response, () => this.#othersRead());
        this.#serving.add(serving);
        void serving.then((stops) => {
          this.#serving.delete(serving);
          if (stops) onStopped();
        });
      },
    );
    // A client that has closed its sending side can still receive answers.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    this.#server.on('connection', (socket) => {
      this.#connections += 1;
      socket.once('close', () => {
        this.#connections -= 1;
      });
    });
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#refuse(socket, error));
    this.#server.on('connect', (_request, socket) => this.#refuse(socket, undefined));
  }

  /**
   * Listens on the socket with mode 0600. A file at its path is removed, as the Go reference plugin does; a folder is
   * not.
   */
  async listen(): Promise<void> {
    removeLeftover(this.#path);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    const before = process.umask(0o177);
    try {
      // The socket is bound before the call returns, so the umask covers only this. `exclusive`: otherwise Node.js
      // would ask a cluster parent for the socket when the environment has NODE_UNIQUE_ID, and wait without end.
      this.#server.listen({ path: this.#path, exclusive: true }, resolve);
    } finally {
      process.umask(before);
    }
    await promise;
    this.#file = lstatSync(this.#path);
  }

  /**
   * Resolves when the requests of all other connections that have arrived are read too. The answers are then sent
   * together, and the caller wakes up once for all of them: at 16 connections that is a fifth of the CPU time.
   */
  async #othersRead(): Promise<void> {
    if (this.#connections < 2) return;
    this.#turn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = undefined;
        resolve();
      });
    });
    await this.#turn;
  }

  /** Refuses an unreadable request after the requests before it are answered: clients match answers by order. */
  #refuse(socket: Duplex, error: NodeJS.ErrnoException | undefined): void {
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    socket.on('error', () => socket.destroy());
    if (error?.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const { last, before } = this.#answers.get(socket) ?? {};
    // If the last request broke off inside its body, it is the one that is refused here.
    const owed = last?.req.complete ? last : before;
    if (owed === undefined || owed.writableFinished || owed.closed) refuse(socket, error);
    else owed.once('finish', () => refuse(socket, error));
  }

  /**
   * Removes the socket file so that no new connection comes, sends pending answers, and closes all connections. Never
   * rejects, so that the plugin ends in any case. The process must end after it: closing the server itself would let
   * Node.js remove the file at the path, which may by then be the socket of the next plugin.
   */
  async close(): Promise<void> {
    this.#removeFile();
    using limit = new TimeLimit(LEAVE_LIMIT_MS);
    await Promise.race([Promise.allSettled([...this.#serving]), once(limit.signal, 'abort')]);
    this.#server.closeAllConnections();
    this.#server.unref();
  }

  #removeFile(): void {
    try {
      const { dev, ino } = lstatSync(this.#path);
      if (ino === this.#file?.ino && dev === this.#file.dev) rmSync(this.#path);
    } catch {
      // The file does not exist any more, or cannot be removed.
    }
  }
}

/**
 * Synchronous: the first asynchronous file operation starts four threads, and the start has to wait for the result
 * anyway.
 */
function removeLeftover(path: string): void {
  try {
    // For a symbolic link the link is removed, not its target.
    const found = lstatSync(path);
    if (found.isDirectory())
      throw new Error(`listen unix ${path}: is a folder, expected the path of a socket`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // For a missing folder the error of Node.js would be about write permission.
    const folder = dirname(path);
    if (!existsSync(folder)) throw new Error(`listen unix ${path}: there is no folder ${folder}`);
    return;
  }
  rmSync(path, { force: true });
}

/**
 * Answers a request, when `othersRead` resolves at the earliest. Returns true when the process has to end after it.
 */
async function serve(
  protocol: Pick<Protocol, 'answer'>,
  request: IncomingMessage,
  response: ServerResponse,
  othersRead: () => Promise<void>,
): Promise<boolean> {
  const { method = '', url = '/', headers } = request;
  const left = new Promise<void>((resolve) => response.once('close', resolve));
  let outgoing: Outgoing;
  try {
    if (headers.host === undefined && request.httpVersion === '1.1') {
      throw new ModelError(400, 'missing required Host header', { type: method });
    }
    const body = await readBody(request);
    outgoing = await protocol.answer({ method, url, headers, body });
  } catch (error) {
    if (request.socket.destroyed) {
      // The connection broke inside the body: there is no one to answer.
      response.destroy();
      return false;
    }
    const known = ModelError.from(error) ?? unexpected(error, method);
    outgoing = jsonAnswer(known.code, known);
    response.setHeader('connection', 'close');
  }
  await othersRead();
  if (outgoing.stops || asksForUpgrade(request)) response.setHeader('connection', 'close');
  response.writeHead(outgoing.status, {
    ...outgoing.headers,
    'content-length': Buffer.byteLength(outgoing.body),
  });
  // While earlier answers are pending, Node.js would put `100 Continue` between this head and the body.
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

/** Reads the rest of a body. A client that is cut off while it sends would not read the answer. */
async function readOn(request: IncomingMessage): Promise<void> {
  request.resume();
  using limit = new TimeLimit(LINGER_MS);
  await finished(request, { signal: limit.signal }).catch(() => {});
}

/**
 * Upgrades are not supported. Node.js discards what it has received after such a request, so the connection ends with
 * it.
 */
function asksForUpgrade({ headers }: IncomingMessage): boolean {
  return headers.upgrade !== undefined && /\bupgrade\b/i.test(headers.connection ?? '');
}

/** The error for a failure outside the plugin's code, such as no memory for a body. */
function unexpected(error: unknown, method: string): ModelError {
  return new ModelError(503, error instanceof Error ? error.message : String(error), { type: method });
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const announced = Number(request.headers['content-length'] ?? 0);
  // Allocated at once, so that a body too large for memory is refused. Growing it chunk by chunk would use up V8's
  // memory, which ends the process.
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
  // `close` also fires after a normal end; creating an error that is not used would be the main cost of a request.
  const broken = () => void (request.readableEnded || reject(new Error('the connection broke')));
  request.on('data', take).once('end', resolve).once('error', reject).once('close', broken);
  try {
    await ended;
  } finally {
    // Keeps the connection open so that the refusal can be sent.
    if (!request.readableEnded) request.pause();
    request.off('data', take).off('end', resolve).off('error', reject).off('close', broken);
  }
  if (large !== undefined) return large;
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

/** Answers what is not HTTP or came too slowly, and closes the connection. */
function refuse(socket: Duplex, error: NodeJS.ErrnoException | undefined): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  // Bytes after a request with `Connection: close` get no answer.
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
    `HTTP/1.1 ${code} ${STATUS_CODES[code]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** Sends the last answer, then reads on for a moment, as `readOn` does. */
function hangUp(socket: Duplex, text: string): void {
  const limit = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(limit));
  socket.end(text);
  socket.resume();
}
