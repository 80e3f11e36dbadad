import { isObject, ModelError, type RawModel } from '../../../models/index.ts';
import type { Found, Objects, Requester } from '../objects.ts';

/** Schedules a retry of a failed job's task at a time in ms (as `Date.now()`). */
export type RetryLater = (job: string, at: number) => void;

/** The Meta field of a failed job with the time of its retry (RFC 3339). */
const RETRY_AT = 'retry-at';
/** The first pause, which doubles with each retry, and the longest one. */
const FIRST_PAUSE_SECONDS = 2;
const LONGEST_PAUSE_SECONDS = 2 ** 20;

/** Updates other objects within the same write when a client changes a job or deletes a machine. */
export function followJobs(objects: Objects, retryLater: RetryLater): void {
  objects.follow('jobs', ({ object, original }, requester) => {
    if (requester.byJob === true || object === undefined || object.State === original?.State) return;
    jobChanged(objects, object, requester, retryLater);
  });
  objects.follow('machines', ({ object, original }, requester) => {
    if (object !== undefined || original === undefined) return;
    const last = objects.find('jobs', String(original.CurrentJob));
    if (last?.object.Current === true)
      objects.update(last, { ...last.object, Current: false }, byJob(requester));
  });
}

/** Updates a machine after its current job has a new state. */
export function jobChanged(
  objects: Objects,
  job: RawModel,
  requester: Requester,
  retryLater: RetryLater,
): void {
  const machine = objects.find('machines', String(job.Machine));
  if (machine === undefined || job.Current !== true) return;
  if (job.State === 'failed') jobFailed(objects, machine, job, requester, retryLater);
  else if (job.State === 'finished' && objects.params.inherited(machine, 'task-single-step') === true)
    updateMachine(objects, machine, { Runnable: false }, requester);
}

/**
 * Stops the machine after a failed job, unless the task has retries left or tasks that handle the error: params
 * `task-retry` and `task-error-handlers`, as in dr-provision 4.8 (doc/arch/provision.rst).
 */
function jobFailed(
  objects: Objects,
  machine: Found,
  job: RawModel,
  requester: Requester,
  retryLater: RetryLater,
): void {
  const { RetryTaskAttempt, TaskErrorStacks, Tasks, CurrentTask } = machine.object;
  const retries = ofTask(objects, machine, 'task-retry', job);
  const attempt = Number(RetryTaskAttempt) + 1;
  if (typeof retries === 'number' && attempt <= retries) {
    const pause = Math.min(FIRST_PAUSE_SECONDS ** attempt, LONGEST_PAUSE_SECONDS);
    const at = Date.now() + pause * 1000;
    updateMachine(objects, machine, { Runnable: false, RetryTaskAttempt: attempt }, requester);
    const found = objects.get('jobs', String(job.Uuid), requester);
    const Meta = { ...(job.Meta as RawModel), [RETRY_AT]: new Date(at).toISOString() };
    objects.update(found, { ...found.object, Meta }, byJob(requester));
    retryLater(found.key, at);
    return;
  }
  const menders = ofTask(objects, machine, 'task-error-handlers', job);
  if (isListOfTexts(menders) && (TaskErrorStacks as unknown[]).length === 0) {
    const changes = {
      TaskErrorStacks: [{ CurrentTask, TaskList: Tasks }],
      Tasks: menders,
      CurrentTask: -1,
      RetryTaskAttempt: 0,
      Runnable: true,
    };
    updateMachine(objects, machine, changes, requester);
    return;
  }
  updateMachine(objects, machine, { Runnable: false }, requester);
}

/** Lets the task of a failed job run again, unless the machine has been changed since. */
export function retry(objects: Objects, job: string): void {
  const requester: Requester = { principal: 'system', method: 'PATCH' };
  const failed = objects.find('jobs', job)?.object;
  if (failed?.State !== 'failed' || failed.Current !== true) return;
  const machine = objects.find('machines', String(failed.Machine));
  if (machine?.object.CurrentJob === job && machine.object.CurrentTask === failed.CurrentIndex)
    objects.update(machine, { ...machine.object, Runnable: true }, byJob(requester));
}

/** The retries that were pending when the endpoint was stopped. */
export function retriesToCome(objects: Objects): { job: string; at: number }[] {
  return [...objects.lookup.each('jobs', RETRY_AT)].flatMap(({ Uuid, State, Current, Meta }) => {
    const at = Date.parse(String((Meta as RawModel)[RETRY_AT]));
    return State === 'failed' && Current === true && !Number.isNaN(at) ? [{ job: String(Uuid), at }] : [];
  });
}

/**
 * Fails the jobs that were running when the endpoint was stopped, as dr-provision does: their results are unknown.
 * Returns them.
 */
export function failInterrupted(objects: Objects): Found[] {
  const requester: Requester = { principal: 'system', method: 'PATCH' };
  const running = [...objects.lookup.each('jobs', 'running')].filter(({ State }) => State === 'running');
  return running.map((job) => {
    const found = objects.get('jobs', String(job.Uuid), requester);
    return objects.write(() => {
      // Not retried automatically: someone has to decide, since it is unknown how far the task came.
      const machine = objects.find('machines', String(job.Machine));
      if (machine !== undefined && job.Current === true)
        updateMachine(objects, machine, { Runnable: false }, requester);
      const failed = { ...found.object, State: 'failed', ExitState: 'failed' };
      return objects.update(found, failed, byJob(requester));
    });
  });
}

/** Changes the machine as a consequence of its job. */
function updateMachine(objects: Objects, machine: Found, changes: RawModel, requester: Requester): void {
  const stored = objects.stored('machines', machine.key)?.object ?? {};
  if (Object.keys(changes).every((field) => changes[field] === stored[field])) return;
  try {
    objects.update(machine, { ...machine.object, ...changes }, byJob(requester));
  } catch (error) {
    // A machine whose params no longer match their schemas cannot be changed and gets no new jobs. Its job must be able
    // to end.
    if (!(error instanceof ModelError)) throw error;
  }
}

/** The value for a job's task in a param that maps task names to values. */
function ofTask(objects: Objects, machine: Found, param: string, { Task }: RawModel): unknown {
  const map = objects.params.inherited(machine, param);
  return isObject(map) && Object.hasOwn(map, String(Task)) ? map[String(Task)] : undefined;
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
}

function byJob(requester: Requester): Requester {
  return { ...requester, byJob: true };
}
