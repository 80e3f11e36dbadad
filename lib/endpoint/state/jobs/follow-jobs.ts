import { isObject, ModelError, type RawModel } from '../../../models/index.ts';
import type { Found, Objects, Requester } from '../objects.ts';

/** Has the task of a job that failed tried again at a time (`Date.now()`). */
export type RetryLater = (job: string, at: number) => void;

/** Where a failed job says when its task is tried again: a time of RFC 3339. */
const RETRY_AT = 'retry-at';
/** The first pause, which doubles with each retry, and the longest. */
const FIRST_PAUSE_SECONDS = 2;
const LONGEST_PAUSE_SECONDS = 2 ** 20;

/** What changes with a job that a client changes, and with a machine that goes away: within the same write. */
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

/** What a new state of a machine's current job does to the machine. */
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
 * What failed is not tried again before somebody has seen to it, unless the machine has more retries for the task, or tasks
 * that mend it: params `task-retry` and `task-error-handlers`, as dr-provision 4.8 has them (doc/arch/provision.rst).
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

/** Lets the task of a failed job be tried again, if nobody has done anything about it since. */
export function retry(objects: Objects, job: string): void {
  const requester: Requester = { principal: 'system', method: 'PATCH' };
  const failed = objects.find('jobs', job)?.object;
  if (failed?.State !== 'failed' || failed.Current !== true) return;
  const machine = objects.find('machines', String(failed.Machine));
  if (machine?.object.CurrentJob === job && machine.object.CurrentTask === failed.CurrentIndex)
    objects.update(machine, { ...machine.object, Runnable: true }, byJob(requester));
}

/** The retries that were still to come when the endpoint was stopped. */
export function retriesToCome(objects: Objects): { job: string; at: number }[] {
  return [...objects.lookup.each('jobs', RETRY_AT)].flatMap(({ Uuid, State, Current, Meta }) => {
    const at = Date.parse(String((Meta as RawModel)[RETRY_AT]));
    return State === 'failed' && Current === true && !Number.isNaN(at) ? [{ job: String(Uuid), at }] : [];
  });
}

/**
 * Fails the jobs that ran when the endpoint was stopped, as dr-provision does: what became of their tasks has not been
 * told. Returns them.
 */
export function failInterrupted(objects: Objects): Found[] {
  const requester: Requester = { principal: 'system', method: 'PATCH' };
  const running = [...objects.lookup.each('jobs', 'running')].filter(({ State }) => State === 'running');
  return running.map((job) => {
    const found = objects.get('jobs', String(job.Uuid), requester);
    return objects.write(() => {
      // Whether it can be tried again is for somebody to say who knows how far it came.
      const machine = objects.find('machines', String(job.Machine));
      if (machine !== undefined && job.Current === true)
        updateMachine(objects, machine, { Runnable: false }, requester);
      const failed = { ...found.object, State: 'failed', ExitState: 'failed' };
      return objects.update(found, failed, byJob(requester));
    });
  });
}

/** What follows from a job for its machine. */
function updateMachine(objects: Objects, machine: Found, changes: RawModel, requester: Requester): void {
  const stored = objects.stored('machines', machine.key)?.object ?? {};
  if (Object.keys(changes).every((field) => changes[field] === stored[field])) return;
  try {
    objects.update(machine, { ...machine.object, ...changes }, byJob(requester));
  } catch (error) {
    // A machine whose params do not fit their schemas any more cannot be changed, and gets no jobs either. Its job can end.
    if (!(error instanceof ModelError)) throw error;
  }
}

/** What a param that has something for each task, by its name, has for that of a job. */
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
