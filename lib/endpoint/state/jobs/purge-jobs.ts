import { ModelError, type RawModel } from '../../../models/index.ts';
import { A_DURATION, secondsOf } from '../duration.ts';
import type { Objects, Requester } from '../objects.ts';
import { NEVER } from '../preferences.ts';
import { hasEnded } from '../prefixes/index.ts';

/** Which jobs of the past are kept. */
export interface Retention {
  /** So many jobs of each machine, the newest. */
  jobsToKeep: number;
  /** Undefined: failed jobs are not too old ever. */
  failedSeconds: number | undefined;
  completeSeconds: number | undefined;
  /** Jobs of this machine alone, or of those that are `missing`; undefined for all. */
  machine: string | undefined;
}

/** Jobs of machines that are not there any more. */
const MISSING = 'missing';

/** What the preferences say, or what is given in place of them. Throws ModelError 400 for what is not a number or a time. */
export function readRetention(given: (name: string) => string | null, objects: Objects): Retention {
  const value = (name: string) => given(name) || objects.lookup.preference(name);
  const refuse = (name: string, expected: string) =>
    new ModelError(400, `${name}: expected ${expected}, not ${value(name)}`, {
      model: 'jobs',
      type: 'DELETE',
    });
  const seconds = (name: string) => {
    if (value(name) === NEVER) return undefined;
    const time = secondsOf(value(name));
    if (time === undefined) throw refuse(name, `${NEVER}, ${A_DURATION}`);
    return time;
  };
  if (!/^\d{1,9}$/.test(value('jobsToKeep'))) throw refuse('jobsToKeep', 'a number of jobs');
  return {
    jobsToKeep: Number(value('jobsToKeep')),
    failedSeconds: seconds('failedJobsPurgedAfter'),
    completeSeconds: seconds('completeJobsPurgedAfter'),
    machine: given('machine')?.toLowerCase() || undefined,
  };
}

/**
 * Removes jobs that need not be kept, but never one that has not ended, and never the last one of a machine. Returns which;
 * with `dryRun` they stay.
 */
export function purgeJobs(
  objects: Objects,
  retention: Retention,
  requester: Requester,
  dryRun: boolean,
): string[] {
  const { jobsToKeep, machine, failedSeconds, completeSeconds } = retention;
  const tooOld = (job: RawModel) => {
    const limit = job.State === 'failed' ? failedSeconds : completeSeconds;
    return limit !== undefined && Date.parse(String(job.EndTime)) + limit * 1000 < Date.now();
  };
  return objects.write(() => {
    const ofMachines = Map.groupBy(objects.lookup.each('jobs'), (job) => String(job.Machine));
    const purged = [...ofMachines].flatMap(([owner, jobs]) => {
      const isMissing = !objects.lookup.exists('machines', owner);
      if (machine !== undefined && machine !== owner && !(machine === MISSING && isMissing)) return [];
      const newest = jobs.sort((a, b) => Date.parse(String(b.StartTime)) - Date.parse(String(a.StartTime)));
      return newest
        .filter((job, at) => at >= jobsToKeep || tooOld(job) || (machine === MISSING && isMissing))
        .filter((job) => isMissing || (hasEnded(job) && job.Current !== true))
        .map(({ Uuid }) => String(Uuid));
    });
    for (const key of dryRun ? [] : purged) objects.remove(objects.get('jobs', key, requester), requester);
    return purged;
  });
}
