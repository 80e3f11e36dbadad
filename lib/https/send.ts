import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Agent, RequestOptions } from 'node:https';
import { Readable } from 'node:stream';
import { wasCutOff, wasMispacked, wasMisread } from './error-code.ts';
import { tolerantGet } from './tolerant-get.ts';

/** In ms. */
export interface Limits {
  /** For a connection to be made. */
  connectMs: number;
  /** For TLS to be agreed on: the processors of old BMCs take 11 s for an RSA key. */
  handshakeMs: number;
  /** For one request, from its start to the end of its answer. */
  requestMs: number;
  /** Between two parts of an answer in chunks, before it is read in another way; 3 s unless given. */
  stallMs?: number;
}

interface Request {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  headers: Readonly<Record<string, string>>;
  body?: string | AsyncIterable<Uint8Array> | undefined;
  agent: Agent;
  limits: Limits;
  /** The most bytes that the answer may have, unpacked. */
  longest: number;
}

/** An answer, whatever its status. */
interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Unpacked. */
  body: Buffer;
  /** Why it ended early; undefined when all of it is there, as far as anybody can tell. */
  cut?: unknown;
}

/** An answer that was not read to its end. */
export class TooLong extends Error {
  constructor(longest: number) {
    super(`its answer is longer than ${longest} bytes`);
  }
}

const STALL_MS = 3_000;
/** The headers of some BMCs are longer than the 16 KiB that Node.js takes. */
const MOST_HEADER_BYTES = 64 * 1024;

/**
 * Sends one request, once. Answers are read as Go's and curl's clients read them: by rules that let headers and chunks
 * pass which are not written as RFC 9112 wants them. That endangers proxies, which share a connection among clients;
 * this one leads to one server. Chunks that end with LF alone stop the parser of Node.js without a word: a GET is then read
 * by `tolerantGet`, and of other answers the head counts. Redirects are answers like others. Throws TooLong, and what got and the streams of Node.js
 * throw; see `transportProblem`.
 */
export async function send(
  { method, url, headers, body, agent, limits, longest }: Request,
  signal: AbortSignal,
): Promise<Answer> {
  const [{ default: got }, { request }] = await Promise.all([import('got'), import('node:https')]);
  const connect = limits.connectMs;
  /** The answer's head, which is there before got tells of it. */
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
  // Whoever awaits it hears of a failure; one between two awaits must not end the process.
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
      // Leaving the loop destroys the stream, and its connection with it.
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
    // What else comes after an answer does not answer the next request: the connection is closed.
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
