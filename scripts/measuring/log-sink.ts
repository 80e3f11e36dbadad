import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

const ANSWER = 'HTTP/1.1 204 No Content\r\n\r\n';

/**
 * A minimal endpoint socket for a plugin: answers every request with 204 and counts them. An HTTP server would use a
 * large part of the CPU on which the plugin is measured.
 */
export class LogSink implements AsyncDisposable {
  /** The number of requests, all of them log lines. */
  requests = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.#serve(socket));

  static async open(path: string): Promise<LogSink> {
    const sink = new LogSink();
    sink.#server.listen(path);
    await once(sink.#server, 'listening');
    return sink;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let rest = '';
    socket.on('data', (chunk) => {
      // One character per byte, so that lengths match.
      const text = rest + chunk.toString('latin1');
      let at = 0;
      let count = 0;
      for (let end = requestEnd(text, at); end > 0; end = requestEnd(text, at)) {
        at = end;
        count += 1;
      }
      rest = text.slice(at);
      this.requests += count;
      if (count > 0) socket.write(ANSWER.repeat(count));
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

/** The end of the request at `start`; 0 when it is incomplete. */
function requestEnd(text: string, start: number): number {
  const headEnd = text.indexOf('\r\n\r\n', start);
  if (headEnd < 0) return 0;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(start, headEnd))?.[1] ?? 0;
  const end = headEnd + 4 + Number(length);
  return text.length < end ? 0 : end;
}
