import type { Resource } from '../https/index.ts';
import type { Connection, Log } from './connection.ts';
import type { Patience } from './retry.ts';
import { type Found, type Pace, Service } from './service.ts';
import { serviceRoot } from './service-root.ts';
import { withSession } from './session.ts';
import { chosenSystem } from './system.ts';

/** How work on a system is done. */
export interface OnSystem {
  /** The service's root where it was read before. */
  root?: Resource;
  /** Id or UUID of the system; empty: the only one. */
  wanted: string;
  signal: AbortSignal;
  log: Log;
  pace: Pace;
  patience: Patience;
}

/** Does work on one system of a BMC, within a session that ends with it. Throws ModelError, and the signal's reason. */
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
