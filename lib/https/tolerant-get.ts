import type { IncomingHttpHeaders } from 'node:http';
import type { Agent } from 'node:https';
import { connect } from 'node:tls';
import { TimeLimit } from '../models/index.ts';

/** An answer, parsed as leniently as curl and Go do. */
interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Question {
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Its TLS options are used. The connection is a new one, and is closed after the answer. */
  agent: Agent;
  timeLimitMs: number;
  /** Limit for the answer in bytes. */
  longest: number;
}

/**
 * A GET for servers whose answers even the lenient parser of Node.js refuses: a repeated Content-Length, bytes after
 * the body, two spaces before the status, blanks in header names, semicolons after chunk sizes. Undefined when the
 * answer is not HTTP for this parser either. Throws TLS errors, and the signal's reason.
 */
export async function tolerantGet(question: Question, signal: AbortSignal): Promise<Answer | undefined> {
  const { url, headers, agent, timeLimitMs, longest } = question;
  const { hostname, port, host, pathname, search } = new URL(url);
  using limit = new TimeLimit(timeLimitMs);
  const ending = AbortSignal.any([signal, limit.signal]);
  const address = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 443) };
  const socket = connect({ ...agent.options, ...address });
  const end = () => socket.destroy(new Error('the time is up'));
  ending.addEventListener('abort', end);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(
    `GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n${lines.join('')}\r\n`,
  );
  const chunks: Buffer[] = [];
  let total = 0;
  let looks = 0;
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      total += chunk.length;
      if (total > longest) return undefined;
      // Some servers keep the connection open, so completeness is checked after each part.
      if (looks === MOST_LOOKS) continue;
      looks += 1;
      const answer = answerIn(Buffer.concat(chunks));
      // Returning destroys the connection.
      if (answer?.isWhole === true) return answer;
    }
  } finally {
    ending.removeEventListener('abort', end);
    socket.destroy();
  }
  return answerIn(Buffer.concat(chunks));
}

/** How often an incomplete answer is parsed. */
const MOST_LOOKS = 100;
/** How many bytes of the head are searched for the status line. */
const LONGEST_LINE = 8_192;

function answerIn(bytes: Buffer): (Answer & { isWhole: boolean }) | undefined {
  const start = bytes.subarray(0, LONGEST_LINE).toString('latin1');
  const [line, status] = /^\s{0,8}HTTP\/\d(?:\.\d)? {1,8}(\d{3})[^\n]*\n/.exec(start) ?? [];
  if (line === undefined) return undefined;
  const end = headEnd(bytes, line.length);
  if (end === undefined) return undefined;
  const headers = headersIn(bytes.subarray(line.length, end).toString('latin1'));
  const rest = bytes.subarray(end);
  // An interim answer such as 100 Continue.
  if (status?.startsWith('1') === true) return answerIn(rest);
  const answer = { status: Number(status), headers };
  if (status === '204' || status === '304') return { ...answer, body: Buffer.alloc(0), isWhole: true };
  if (/chunked/i.test(headers['transfer-encoding'] ?? '')) return { ...answer, ...chunksIn(rest) };
  const length = /^\d{1,12}/.exec(headers['content-length'] ?? '')?.[0];
  if (length === undefined) return { ...answer, body: rest, isWhole: false };
  return { ...answer, body: rest.subarray(0, Number(length)), isWhole: rest.length >= Number(length) };
}

/** The index after the empty line that ends the head. */
function headEnd(bytes: Buffer, from: number): number | undefined {
  if (/^\r?\n/.test(bytes.subarray(from, from + 2).toString('latin1'))) {
    return from + (bytes[from] === 0x0a ? 1 : 2);
  }
  const ends = ['\r\n\r\n', '\n\n']
    .map((mark) => ({ at: bytes.indexOf(mark, from), length: mark.length }))
    .filter(({ at }) => at >= 0)
    .map(({ at, length }) => at + length);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** Parses headers. Of repeated ones the first counts; a line that begins with a blank continues the previous one. */
function headersIn(text: string): Record<string, string> {
  const headers = new Map<string, string>();
  let last = '';
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (/^[ \t]/.test(line) && last !== '') headers.set(last, `${headers.get(last)} ${line.trim()}`);
    else if (colon > 0) {
      last = line.slice(0, colon).trim().toLowerCase();
      if (!headers.has(last)) headers.set(last, line.slice(colon + 1).trim());
    }
  }
  return Object.fromEntries(headers);
}

function chunksIn(bytes: Buffer): { body: Buffer; isWhole: boolean } {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\n', at);
    const size =
      end < 0
        ? undefined
        : /^[ \t]{0,8}([\da-f]{1,8})/i.exec(
            bytes.subarray(at, Math.min(end, at + 32)).toString('latin1'),
          )?.[1];
    if (size === undefined) return { body: Buffer.concat(parts), isWhole: false };
    const length = Number.parseInt(size, 16);
    if (length === 0) return { body: Buffer.concat(parts), isWhole: true };
    const start = end + 1;
    parts.push(bytes.subarray(start, start + length));
    if (bytes.length < start + length) return { body: Buffer.concat(parts), isWhole: false };
    at = start + length;
    while (bytes[at] === 0x0d || bytes[at] === 0x0a) at += 1;
  }
}
