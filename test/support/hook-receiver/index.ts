import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

type Answer = (request: Received, response: ServerResponse) => unknown;

/** A service that callbacks go to, over TLS if it has a certificate. It keeps what it got. */
export class HookReceiver implements AsyncDisposable {
  readonly requests: Received[] = [];
  readonly url: string;
  /** What is answered: 200 and `{}` unless it is set. */
  answer: Answer = (_request, response) => response.end('{}');
  readonly #server: ReturnType<typeof createServer>;

  private constructor(server: ReturnType<typeof createServer>, protocol: string) {
    this.#server = server;
    this.url = `${protocol}://localhost:${(server.address() as AddressInfo).port}`;
  }

  static async start(tls?: { key: string; cert: string }): Promise<HookReceiver> {
    let receiver: HookReceiver | undefined;
    const listen: RequestListener = async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = '', url: path = '', headers } = request;
      const received = { method, path, headers, body: Buffer.concat(chunks).toString() };
      receiver?.requests.push(received);
      receiver?.answer(received, response);
    };
    const server = tls === undefined ? createServer(listen) : createTlsServer(tls, listen);
    server.listen(0, 'localhost');
    await once(server, 'listening');
    receiver = new HookReceiver(server, tls === undefined ? 'http' : 'https');
    return receiver;
  }

  /** Answers with these statuses, one after the other; the last goes on. */
  statuses(...statuses: number[]): void {
    this.answer = (_request, response) => {
      const status = statuses.length > 1 ? statuses.shift() : statuses[0];
      response.writeHead(status ?? 200, { 'content-type': 'application/json' }).end(`{"status": ${status}}`);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
