import type { Agent } from 'node:https';
import { type Trust, tlsOptions } from './trust.ts';

/**
 * Less than any BMC keeps an idle connection, so that it does not close one under a request. Without a time of its own an
 * Agent does not heed what the answers say of it (`Keep-Alive: timeout=5`) either.
 */
const IDLE_SOCKET_MS = 3_000;

/** Holds connections, `connections` at most. Throws ModelError 400 when the CA cannot be read. */
export async function makeAgent(trust: Trust, connections: number): Promise<Agent> {
  const { Agent } = await import('node:https');
  return new Agent({
    keepAlive: true,
    maxSockets: connections,
    timeout: IDLE_SOCKET_MS,
    ...(await tlsOptions(trust)),
  });
}
