import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Agent, RequestOptions } from 'node:https';
import { Readable } from 'node:stream';
import { wasCutOff, wasMispacked, wasMisread } from './error-code.ts';
import { tolerantGet } from './tolerant-get.ts';

/** Time limits in ms. */
export interface Limits {
  /** To make a connection. */
  connectMs: number;
  /** For the TLS handshake: old BMCs need 11 s for an RSA key. */
  handshakeMs: number;
  /** For a request, from its start to the end of the answer. */
  requestMs: number;
  /** Between two parts of a chunked answer, before the tolerant reader is used. Default 3 s. */
  stallMs?: number;
}

interface Request {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  headers: Readonly<Record<string, string>>;
  body?: string | AsyncIterable<Uint8Array> | undefined;
  agent: Agent;
  limits: Limits;
  /** Limit for the answer in bytes after decompression. */
  longest: number;
}

/** An answer with any status. */
interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** The body after decompression. */
  body: Buffer;
  /** Why the answer ended early; undefined when it is complete, as far as is known. */
  cut?: unknown;
}

/** The answer exceeds the limit. */
class TooLong extends Error {
  constructor(longest: number) {
    super(`its answer is longer than ${longest} bytes`);
  }
}

const STALL_MS = 3_000;
/** Some BMCs send headers longer than the 16 KiB that Node.js accepts by default. */
const MOST_HEADER_BYTES = 64 * 1024;

/**
 * Sends a request once. Answers are parsed leniently, as Go's and curl's clients do: headers and chunks may violate RFC
 * 9112. That is dangerous in proxies, which share connections among clients, but this client talks to one server.
 * Chunks that end with LF alone make Node.js's parser wait without an error: a GET is then repeated by `tolerantGet`;
 * for other methods the head is used. Redirects are not followed. Throws TooLong, and errors of got and of Node.js's
 * streams; see `transportProblem`.
 */
export async function send(
  { method, url, headers, body, agent, limits, longest }: Request,
  signal: AbortSignal,
): Promise<Answer> {
  const [{ default: got }, { request }] = await Promise.all([import('got'), import('node:https')]);
  const connect = limits.connectMs;
  /** The head of the answer, which is known before got reports it. */
  let head: IncomingMessage | undefined;
  const stream = got.stream(url, {
    method,
    headers: { 'user-agent': 'drp-plugins', ...headers },
    body: typeof body === 'string' || body === undefined ? body : Readable.from(body, { objectMode: false }),
    agent: { https: agent },
    timeout: { lookup: connect, connect, secureConnect: limits.handshakeMs, request: limits.requestMs },
    request: (target: URL, options: RequestOptions, onResponse?: (response: IncomingMessage) => void) =>
      request(
        target,
        { ...options, insecureHTTPParser: true, maxHeaderSize: MOST_HEADER_BYTES },
        onResponse,
      ).once('response', (message) => {
        head = message;
      }),
    signal,
    retry: { limit: 0 },
    throwHttpErrors: false,
    followRedirect: false,
  });
  // Failures reach whoever awaits the stream. One between two awaits must not end the process.
  stream.on('error', () => {});
  if (method !== 'GET' && body === undefined) stream.end();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let cut: unknown;
  const question = { url, headers, agent, timeLimitMs: limits.requestMs, longest };
  const rereading = new AbortController();
  let stalled: { reread?: Answer } | undefined;
  const stall = () => {
    const state: { reread?: Answer } = {};
    stalled = state;
    if (method !== 'GET') {
      stream.destroy();
      return;
    }
    tolerantGet(question, rereading.signal).then(
      (answer) => {
        if (answer === undefined) return;
        state.reread = answer;
        stream.destroy();
      },
      () => {},
    );
  };
  let watch: NodeJS.Timeout | undefined;
  try {
    await once(stream, 'response');
    if (head?.headers['transfer-encoding'] !== undefined) {
      watch = setTimeout(stall, limits.stallMs ?? STALL_MS);
    }
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      // Throwing destroys the stream with its connection.
      if (bytes > longest) throw new TooLong(longest);
      chunks.push(chunk);
      watch?.refresh();
    }
  } catch (error) {
    if (signal.aborted) throw error;
    if (stalled?.reread !== undefined) return stalled.reread;
    if (stalled !== undefined && method !== 'GET' && head !== undefined) return answerOf(head, chunks);
    if (method === 'GET' && (wasMisread(error) || wasMispacked(error))) {
      const answer = await tolerantGet(question, signal).catch(() => undefined);
      if (answer === undefined) throw error;
      return answer;
    }
    if (head === undefined) throw error;
    // Bytes after the answer must not be read as the next answer: close the connection.
    if (!wasMisread(error)) {
      if (!wasCutOff(error)) throw error;
      cut = error;
    }
  } finally {
    clearTimeout(watch);
    rereading.abort();
  }
  if (head === undefined) throw new Error('no response');
  return { ...answerOf(head, chunks), ...(cut === undefined ? {} : { cut }) };
}

function answerOf(
  { statusCode: status = 0, headers }: IncomingMessage,
  parts: readonly Uint8Array[],
): Answer {
  return { status, headers, body: Buffer.concat(parts) };
}
