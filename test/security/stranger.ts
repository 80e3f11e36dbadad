import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** How much an endless answer sends before it ends after all, so that a reader without a bound fails and does not hang. */
const END = 400 * 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, ' ');

/** A server that is not what its clients take it for. It keeps what it was asked for: method and path. */
export class Stranger implements AsyncDisposable {
  readonly requests: string[] = [];
  /** Where it sends those who ask for a websocket. */
  elsewhere = 'http://127.0.0.1:1/';
  readonly #server = createServer((request, response) => {
    this.requests.push(`${request.method} ${request.url}`);
    request.resume();
    this.#answer(request, response);
  });
  readonly #answer: (request: IncomingMessage, response: ServerResponse) => void;

  private constructor(answer: (request: IncomingMessage, response: ServerResponse) => void) {
    this.#answer = answer;
    this.#server.on('upgrade', (request, socket) => {
      this.requests.push(`${request.method} ${request.url}`);
      // Who does not like the answer breaks the connection off.
      socket.on('error', () => {});
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${this.elsewhere}\r\nContent-Length: 0\r\n\r\n`);
    });
  }

  static async start(
    answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) =>
      void response.end('{}'),
  ): Promise<Stranger> {
    const stranger = new Stranger(answer);
    stranger.#server.listen(0, '127.0.0.1');
    await once(stranger.#server, 'listening');
    return stranger;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close').catch(() => {});
  }
}

/** Answers with JSON that goes on and on. */
export function endless(response: ServerResponse, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  let sent = 0;
  const go = () => {
    while (!response.destroyed && sent < END) {
      sent += PIECE.length;
      if (!response.write(PIECE)) return;
    }
    response.end('{}');
  };
  response.on('drain', go);
  go();
}

/** Answers with few bytes that become many. */
export function packed(response: ServerResponse, bytes: number, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  response.end(gzipSync(Buffer.alloc(bytes, ' ')));
}
