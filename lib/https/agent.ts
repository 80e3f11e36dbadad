import type { Agent } from 'node:https';
import { type Trust, tlsOptions } from './trust.ts';

/**
 * Shorter than BMCs keep idle connections, so that none is closed under a request. It must be set for the Agent to also
 * respect `Keep-Alive: timeout=5` in answers.
 */
const IDLE_SOCKET_MS = 3_000;

/** An agent with at most `connections` connections. Throws ModelError 400 when the CA cannot be read. */
export async function makeAgent(trust: Trust, connections: number): Promise<Agent> {
  const { Agent } = await import('node:https');
  return new Agent({
    keepAlive: true,
    maxSockets: connections,
    timeout: IDLE_SOCKET_MS,
    ...(await tlsOptions(trust)),
  });
}
