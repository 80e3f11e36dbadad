import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type * as Https from 'node:https';
import type { Agent, RequestOptions } from 'node:https';
import { type Duplex, Readable } from 'node:stream';
import type { Got } from 'got';
import { wasCutOff, wasMispacked, wasMisread } from './error-code.ts';
import { StallWatch } from './stall-watch.ts';
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
export async function send(request: Request, signal: AbortSignal): Promise<Answer> {
  const { method, url, headers, agent, limits, longest } = request;
  const [{ default: got }, https] = await Promise.all([import('got'), import('node:https')]);
  /** The head of the answer, which is known before got reports it. */
  let head: IncomingMessage | undefined;
  const stream = openStream(got, https, request, signal, (message) => {
    head = message;
  });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let cut: unknown;
  const question = { url, headers, agent, timeLimitMs: limits.requestMs, longest };
  const stall = new StallWatch(stream, question, { mayRepeat: method === 'GET' });
  try {
    await once(stream, 'response');
    if (head?.headers['transfer-encoding'] !== undefined) stall.begin(limits.stallMs ?? STALL_MS);
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      // Throwing destroys the stream with its connection.
      if (bytes > longest) throw new TooLong(longest);
      chunks.push(chunk);
      stall.heard();
    }
  } catch (error) {
    if (signal.aborted) throw error;
    if (stall.reread !== undefined) return stall.reread;
    if (stall.hasStalled && method !== 'GET' && head !== undefined) return answerOf(head, chunks);
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
    stall.end();
  }
  if (head === undefined) throw new Error('no response');
  return { ...answerOf(head, chunks), ...(cut === undefined ? {} : { cut }) };
}

/** Synchronous, so that no error of the stream comes before the caller awaits its answer. */
function openStream(
  got: Got,
  { request }: typeof Https,
  { method, url, headers, body, agent, limits }: Request,
  signal: AbortSignal,
  onHead: (head: IncomingMessage) => void,
): Duplex {
  const connect = limits.connectMs;
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
      ).once('response', onHead),
    signal,
    retry: { limit: 0 },
    throwHttpErrors: false,
    followRedirect: false,
  });
  // Failures reach whoever awaits the stream. One between two awaits must not end the process.
  stream.on('error', () => {});
  if (method !== 'GET' && body === undefined) stream.end();
  return stream;
}

function answerOf(
  { statusCode: status = 0, headers }: IncomingMessage,
  parts: readonly Uint8Array[],
): Answer {
  return { status, headers, body: Buffer.concat(parts) };
}
