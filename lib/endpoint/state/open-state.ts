import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { LogLine } from '../../models/index.ts';
import { Contents } from './contents.ts';
import { Events } from './events.ts';
import { JobLogs } from './jobs/job-logs.ts';
import { endpointLine, Logs } from './logs.ts';
import { Objects } from './objects.ts';
import { Params } from './params.ts';
import { PREFIXES } from './prefixes/index.ts';
import { Store } from './store.ts';
import { upgrade } from './upgrade.ts';

/** What an endpoint stores and remembers. */
export interface State {
  /** The endpoint's own, the same at each start. */
  id: string;
  store: Store;
  events: Events;
  logs: Logs;
  objects: Objects;
  contents: Contents;
  jobLogs: JobLogs;
}

/**
 * Opens the database, upgrades it, and adds the basic objects. Rejects when another endpoint uses it. `jobLogs` must
 * exist.
 */
export async function openState(
  { database, jobLogs: jobLogsFolder }: { database: string; jobLogs: string },
  onLog?: (line: LogLine) => void,
): Promise<State> {
  const unique = Object.entries(PREFIXES).flatMap(([prefix, kind]) =>
    kind.unique ? [[prefix, kind.unique]] : [],
  );
  const isEmpty = (await stat(database).catch(() => undefined))?.size === 0;
  const store = new Store(database, Object.fromEntries(unique));
  upgrade(store);
  const id = Buffer.from(store.setting('id', () => Buffer.from(randomUUID()))).toString();
  const events = new Events();
  const logs = new Logs(events, onLog);
  if (isEmpty) logs.add(endpointLine('warn', `${database} was empty: everything begins anew`));
  const objects = new Objects(store, new Params(store), events);
  const contents = new Contents(objects);
  contents.ensureBasics();
  const jobLogs = new JobLogs(jobLogsFolder);
  await jobLogs.sweep((job) => store.has('jobs', job));
  return { id, store, events, logs, objects, contents, jobLogs };
}
