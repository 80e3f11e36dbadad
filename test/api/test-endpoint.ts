import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { Client, type ClientOptions } from '../../lib/api/index.ts';
import { type Certificate, keptCertificate } from '../support/kept-certificate.ts';

/** A request as it came in. */
export interface Received {
  method: string;
  /** Path and query as they stood in the request. */
  url: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
  json: () => unknown;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** Bytes and strings are sent as they are, anything else as JSON. */
  body?: unknown;
  /** Closes the connection after so many bytes of the body. */
  cutAfter?: number;
}

/** 'cut' closes the connection without an answer, 'hang' never answers. */
export type Handler = (request: Received) => Reply | 'cut' | 'hang' | Promise<Reply | 'cut' | 'hang'>;

interface Listening {
  socket: WebSocket;
  selectors: Set<string>;
}

/** An endpoint that answers as the test says, over TLS, HTTP or a UNIX socket, with a websocket that does registrations. */
export class TestEndpoint implements AsyncDisposable {
  readonly requests: Received[] = [];
  /** All frames that clients sent on websockets. */
  readonly frames: string[] = [];
  readonly listening = new Set<Listening>();
  handler: Handler;
  /** Whether registrations are acknowledged. */
  acknowledge = true;
  /** The answer with which a websocket is refused; undefined takes it. */
  refuse: (headers: Received['headers']) => { status: number; body: string } | undefined = () => undefined;
  readonly #server: http.Server | https.Server;
  readonly #sockets = new Set<Socket>();
  readonly #events = new WebSocketServer({ noServer: true });
  readonly #directory: string;

  private constructor(server: http.Server | https.Server, directory: string, handler: Handler) {
    this.#server = server;
    this.#directory = directory;
    this.handler = handler;
    server.on('request', (request, response) => this.#serve(request, response));
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  static async start(
    handler: Handler = () => ({ status: 404 }),
    { tls = true, host = '127.0.0.1', unix = false, certificate: name = 'dr-provision' } = {},
  ): Promise<TestEndpoint> {
    const directory = await mkdtemp(path.join(tmpdir(), 'api-test-'));
    let server: http.Server | https.Server;
    if (tls) {
      const certificate = await selfSigned(name);
      await writeFile(path.join(directory, 'ca.pem'), certificate.cert);
      server = https.createServer(certificate);
    } else {
      server = http.createServer();
    }
    const endpoint = new TestEndpoint(server, directory, handler);
    if (unix) server.listen(endpoint.socketPath);
    else server.listen(0, host);
    await once(server, 'listening');
    return endpoint;
  }

  get socketPath(): string {
    return path.join(this.#directory, 'proxy');
  }

  get ca(): string {
    return path.join(this.#directory, 'ca.pem');
  }

  get directory(): string {
    return this.#directory;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#server instanceof https.Server ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  /** A client of this endpoint that does not wait between tries. */
  client(options: ClientOptions = {}): Client {
    return new Client({
      endpoint: this.url,
      token: 'the-token',
      retryDelays: [1, 1, 1, 1, 1, 1],
      ...options,
    });
  }

  /** The last request. */
  get last(): Received {
    const last = this.requests.at(-1);
    if (last === undefined) throw new Error('nothing was requested');
    return last;
  }

  publish(event: Record<string, unknown>): void {
    this.sendFrame(
      JSON.stringify({ Time: '2026-01-02T03:04:05Z', Principal: '', Object: null, Original: null, ...event }),
    );
  }

  sendFrame(text: string): void {
    for (const { socket } of this.listening) socket.send(text);
  }

  /** Drops all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.listening.clear();
  }

  /** Keeps the websockets that there are open, and reads no more from them. */
  freeze(): void {
    for (const { socket } of this.listening) socket.pause();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks);
    const { method = '', url = '', headers } = incoming;
    const request = { method, url, headers, body, json: () => JSON.parse(body.toString()) };
    this.requests.push(request);
    const reply = await this.handler(request);
    if (reply === 'cut') incoming.socket.destroy();
    if (typeof reply === 'string') return;
    const raw = typeof reply.body === 'string' || reply.body instanceof Uint8Array;
    const headersOut = { 'content-type': raw ? 'text/plain' : 'application/json', ...reply.headers };
    response.writeHead(reply.status ?? 200, headersOut);
    if (reply.cutAfter !== undefined && reply.body instanceof Uint8Array) {
      response.write(reply.body.subarray(0, reply.cutAfter), () => incoming.socket.destroy());
    } else if (reply.body === undefined) response.end();
    else response.end(raw ? reply.body : JSON.stringify(reply.body));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { method = '', url = '', headers } = request;
    this.requests.push({ method, url, headers, body: Buffer.alloc(0), json: () => undefined });
    const refusal = this.refuse(headers);
    if (refusal !== undefined) {
      const { status, body } = refusal;
      const headers = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`;
      socket.end(`HTTP/1.1 ${status} Refused\r\n${headers}\r\n\r\n${body}`);
      return;
    }
    this.#events.handleUpgrade(request, socket, head, (websocket) => this.#listen(websocket));
  }

  #listen(socket: WebSocket): void {
    const entry = { socket, selectors: new Set<string>() };
    this.listening.add(entry);
    socket.on('error', () => {});
    socket.on('close', () => this.listening.delete(entry));
    socket.on('message', (data) => {
      const frame = data.toString();
      this.frames.push(frame);
      const [verb = '', selector = ''] = frame.split(' ', 2);
      if (verb === 'register') entry.selectors.add(selector);
      if (verb === 'deregister') entry.selectors.delete(selector);
      if (!this.acknowledge) return;
      const event = {
        Time: '',
        Type: 'websocket',
        Action: verb,
        Key: selector,
        Principal: '',
        Object: null,
        Original: null,
      };
      socket.send(JSON.stringify(event));
    });
  }
}

/** A certificate without names or addresses of its own, as endpoints have them. */
function selfSigned(name: string): Promise<Certificate> {
  return keptCertificate(name, (generate) =>
    generate([{ name: 'commonName', value: 'dr-provision' }], {
      keyType: 'ec',
      algorithm: 'sha256',
    }),
  );
}

/** Waits until `condition` holds. Ends with the test's own time limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
