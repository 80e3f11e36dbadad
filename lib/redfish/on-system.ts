import type { Resource } from '../https/index.ts';
import type { Connection, Log } from './connection.ts';
import type { Patience } from './retry.ts';
import { type Found, type Pace, Service } from './service.ts';
import { serviceRoot } from './service-root.ts';
import { withSession } from './session.ts';
import { chosenSystem } from './system.ts';

/** Options of `onSystem`. */
export interface OnSystem {
  /** The service root, if it was read before. */
  root?: Resource;
  /** Id or UUID of the system; empty for the only one. */
  wanted: string;
  signal: AbortSignal;
  log: Log;
  pace: Pace;
  patience: Patience;
}

/**
 * Runs work on a system of a BMC in a session that is closed afterwards. Throws ModelError, and the signal's reason.
 */
export async function onSystem<T>(
  connection: Connection,
  { root: known, wanted, signal, log, pace, patience }: OnSystem,
  work: (service: Service, system: Found) => Promise<T>,
): Promise<T> {
  const { pollMs } = pace;
  const root = known ?? (await serviceRoot(connection, { signal, patience, pollMs }));
  return withSession(connection, { root, signal, log, patience, pollMs }, async (session) => {
    const service = new Service(connection, root, { session, signal, log, pace, patience });
    return work(service, await chosenSystem(service, wanted));
  });
}
