import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { Agent } from 'node:https';
import type { Response } from 'got';
import { TooLong, transportFailure, wasCutOff } from './failure.ts';
import type { Hmc } from './hmc.ts';

/** An HMC, and the agent that holds the connections to it. */
export interface Line {
  hmc: Hmc;
  agent: Agent;
  limits: Limits;
}

/** In ms. */
export interface Limits {
  /** For a connection to be made. */
  connectMs: number;
  /** For one request, from its start to the end of its answer. */
  requestMs: number;
}

export interface Outgoing {
  method: 'GET' | 'PUT' | 'DELETE';
  path: string;
  headers?: Readonly<Record<string, string>>;
  /** XML. */
  body?: string;
}

/** An answer of the HMC, whatever its status. */
export interface Incoming {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** A partition with all that it has is some 100 kB. */
const LONGEST_ANSWER = 8 * 1024 * 1024;

/**
 * Sends one request; a GET again when the connection ended before its answer did. Redirects are answers like others.
 * Throws ModelError: 502 or 504 for failures in transport and answers that are too long, after an abort the signal's
 * own error or 503.
 */
export async function exchange(line: Line, outgoing: Outgoing, signal: AbortSignal): Promise<Incoming> {
  try {
    return await sendOnce(line, outgoing, signal).catch((error: unknown) => {
      if (outgoing.method !== 'GET' || signal.aborted || !wasCutOff(error)) throw error;
      return sendOnce(line, outgoing, signal);
    });
  } catch (error) {
    throw transportFailure(line, outgoing, error, signal);
  }
}

async function sendOnce(
  { hmc, agent, limits }: Line,
  { method, path, headers, body }: Outgoing,
  signal: AbortSignal,
): Promise<Incoming> {
  const { default: got } = await import('got');
  const connect = limits.connectMs;
  const stream = got.stream(`https://${hmc.name}${path}`, {
    method,
    // Packed, an answer of any length could come in few bytes.
    headers: { 'user-agent': 'drp-plugins', 'accept-encoding': 'identity', ...headers },
    decompress: false,
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
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    // Leaving the loop destroys the stream, and its connection with it.
    if (length > LONGEST_ANSWER) throw new TooLong();
    chunks.push(chunk);
  }
  const { statusCode: status, headers: answered } = response;
  return { status, headers: answered, text: Buffer.concat(chunks).toString() };
}
