import { send, wasCutOff } from '../../../lib/https/index.ts';
import type { Connection, Incoming, Outgoing } from './connection.ts';
import { transportFailure } from './failure.ts';

/** A complete partition has some 100 kB. */
const LONGEST_ANSWER = 8 * 1024 * 1024;

/**
 * Sends a request. A GET is repeated when the connection ends before the answer. Redirects are not followed. Throws
 * ModelError: 502 or 504 for transport failures and answers that are too long; after an abort the signal's own error or
 * 503.
 */
export async function exchange(
  connection: Connection,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<Incoming> {
  try {
    return await sendOnce(connection, outgoing, signal).catch((error: unknown) => {
      if (outgoing.method !== 'GET' || signal.aborted || !wasCutOff(error)) throw error;
      return sendOnce(connection, outgoing, signal);
    });
  } catch (error) {
    throw transportFailure(connection, outgoing, error, signal);
  }
}

async function sendOnce(
  { hmc, agent, limits }: Connection,
  { method, path, headers, body }: Outgoing,
  signal: AbortSignal,
): Promise<Incoming> {
  const url = `https://${hmc.name}${path}`;
  const request = { method, url, headers: { ...headers }, body, agent, limits, longest: LONGEST_ANSWER };
  const answer = await send(request, signal);
  if (answer.cut !== undefined) throw answer.cut;
  return { status: answer.status, headers: answer.headers, text: answer.body.toString() };
}
