import type { IncomingHttpHeaders } from 'node:http';
import type { Agent } from 'node:https';
import { type Limits, send } from '../https/send.ts';
import { wasCutOff } from '../https/transport-problem.ts';
import { transportFailure } from './failure.ts';
import type { Hmc } from './hmc.ts';

/** An HMC, and the agent that holds the connections to it. */
export interface Line {
  hmc: Hmc;
  agent: Agent;
  limits: Limits;
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

function sendOnce(
  { hmc, agent, limits }: Line,
  { method, path, headers, body }: Outgoing,
  signal: AbortSignal,
): Promise<Incoming> {
  const url = `https://${hmc.name}${path}`;
  return send({ method, url, headers: { ...headers }, body, agent, limits, longest: LONGEST_ANSWER }, signal);
}
