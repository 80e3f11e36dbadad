import { ModelError, type RawModel } from '../../../models/index.ts';
import { A_DURATION, secondsOf } from '../duration.ts';
import type { Objects, Requester } from '../objects.ts';
import { NEVER } from '../preferences.ts';
import { hasEnded } from '../prefixes/index.ts';

/** Which past jobs to keep. */
export interface Retention {
  /** How many jobs to keep per machine, newest first. */
  jobsToKeep: number;
  /** Age limit for failed jobs; undefined for none. */
  failedSeconds: number | undefined;
  completeSeconds: number | undefined;
  /** Only jobs of this machine, or with `missing` those of deleted machines; undefined for all. */
  machine: string | undefined;
}

/** Selects the jobs of machines that no longer exist. */
const MISSING = 'missing';

/** The retention in the preferences, overridden by `given`. Throws ModelError 400 for an invalid number or time. */
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
 * Removes jobs by age and number, but never an unfinished one or the last one of a machine. Returns them; with `dryRun`
 * nothing is removed.
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
