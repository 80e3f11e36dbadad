import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { Agent } from 'node:https';
import type { Response } from 'got';

/** In ms. */
export interface Limits {
  /** For a connection to be made. */
  connectMs: number;
  /** For one request, from its start to the end of its answer. */
  requestMs: number;
}

interface Request {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
  agent: Agent;
  limits: Limits;
  /** The most bytes that the answer may have, unpacked. */
  longest: number;
}

/** An answer, whatever its status. */
interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** Of the text, unpacked. */
  bytes: number;
}

/** An answer that was not read to its end. */
export class TooLong extends Error {
  constructor(longest: number) {
    super(`its answer is longer than ${longest} bytes`);
  }
}

/**
 * Sends one request, once. Redirects are answers like others. Throws TooLong, and what got and the streams of Node.js
 * throw; see `transportProblem`.
 */
export async function send(
  { method, url, headers, body, agent, limits, longest }: Request,
  signal: AbortSignal,
): Promise<Answer> {
  const { default: got } = await import('got');
  const connect = limits.connectMs;
  const stream = got.stream(url, {
    method,
    headers: { 'user-agent': 'drp-plugins', ...headers },
    body,
    agent: { https: agent },
    timeout: { lookup: connect, connect, secureConnect: connect, request: limits.requestMs },
    signal,
    retry: { limit: 0 },
    throwHttpErrors: false,
    followRedirect: false,
  });
  // Whoever awaits it hears of a failure; one between two awaits must not end the process.
  stream.on('error', () => {});
  if (method === 'DELETE') stream.end();
  const [response]: Response[] = await once(stream, 'response');
  if (response === undefined) throw new Error('no response');
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    // Leaving the loop destroys the stream, and its connection with it.
    if (bytes > longest) throw new TooLong(longest);
    chunks.push(chunk);
  }
  const { statusCode: status, headers: answered } = response;
  return { status, headers: answered, bytes, text: Buffer.concat(chunks).toString() };
}
