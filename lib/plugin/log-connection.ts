import { connect, type Socket } from 'node:net';

/** How long the endpoint may take to answer the next line. */
const LIMIT_MS = 5_000;
/** Longest answer that is read, in bytes. A log line is answered with nothing or a short error. */
const LONGEST_ANSWER = 1024 * 1024;

/**
 * The connection that carries log lines, one `POST /log` for each. Requests are pipelined, which the HTTP client of
 * Node.js cannot do: waiting for each answer would make a busy plugin lose lines. It connects when needed, and
 * reconnects.
 */
export class LogConnection {
  readonly #path: string;
  readonly #target: string;
  #socket: Socket | undefined;

  /** `path` is the path of the socket, `target` the request target. */
  constructor(path: string, target: string) {
    this.#path = path;
    this.#target = target;
  }

  /**
   * Sends lines in order; resolves to the number of lines, from the first, that were answered. An error answer counts
   * as well: sending the line again would not help. Never rejects.
   */
  async send(lines: readonly string[]): Promise<number> {
    const socket = this.#socket ?? this.#open();
    const { promise, resolve } = Promise.withResolvers<void>();
    const counter = new AnswerCounter();
    const onData = (chunk: Buffer) => {
      if (!counter.add(chunk)) socket.destroy();
      else if (counter.answers >= lines.length) resolve();
    };
    socket.on('data', onData);
    socket.once('close', resolve);
    socket.setTimeout(LIMIT_MS);
    socket.write(lines.map((line) => this.#request(line)).join(''));
    await promise;
    socket.setTimeout(0);
    socket.off('data', onData);
    socket.off('close', resolve);
    return Math.min(counter.answers, lines.length);
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect(this.#path);
    this.#socket = socket;
    // The error closes the connection; the caller sends unanswered lines again.
    socket.on('error', () => {});
    socket.on('timeout', () => socket.destroy());
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    return socket;
  }

  #request(line: string): string {
    const length = Buffer.byteLength(line);
    return `POST ${this.#target} HTTP/1.1\r\nHost: unix\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${line}`;
  }
}

/** Counts the HTTP answers in a byte stream. */
class AnswerCounter {
  answers = 0;
  #rest = '';

  /** Reads the next bytes. Returns false when they are not HTTP. */
  add(chunk: Buffer): boolean {
    this.#rest += chunk.toString('latin1');
    for (let end = answerEnd(this.#rest); end > 0; end = answerEnd(this.#rest)) {
      // Interim answers (1xx) do not count.
      if (!/^HTTP\/1\.1 1\d\d/.test(this.#rest)) this.answers += 1;
      this.#rest = this.#rest.slice(end);
    }
    const start = this.#rest.slice(0, 7);
    return 'HTTP/1.'.startsWith(start) && this.#rest.length <= LONGEST_ANSWER;
  }
}

/** The index at which the first answer in `text` ends; 0 when it is incomplete. */
function answerEnd(text: string): number {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return 0;
  const head = text.slice(0, headEnd);
  const bodyStart = headEnd + 4;
  if (/^HTTP\/1\.\d (1\d\d|204|304)/.test(head)) return bodyStart;
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
    const last = /(?:^|\r\n)0\r\n\r\n/.exec(text.slice(bodyStart));
    return last === null ? 0 : bodyStart + last.index + last[0].length;
  }
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  return text.length < bodyStart + length ? 0 : bodyStart + length;
}
