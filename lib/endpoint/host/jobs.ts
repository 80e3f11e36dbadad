import { ModelError, Secrets } from '../../models/index.ts';
import type { Events } from '../state/events.ts';
import {
  failInterrupted,
  followJobs,
  jobChanged,
  type RetryLater,
  retriesToCome,
  retry,
} from '../state/jobs/follow-jobs.ts';
import type { JobLogs } from '../state/jobs/job-logs.ts';
import { type AskedJob, type NextJob, nextJob } from '../state/jobs/next-job.ts';
import type { Found, Objects, Requester } from '../state/objects.ts';
import type { Actions } from './actions.ts';

/** Longest delay of a Node.js timer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The answer of `POST /jobs`: a job, or that the machine has nothing to do. */
export interface TakenJob {
  status: 201 | 202 | 204;
  job?: Found;
}

/** The life of jobs, from the request for one to the consequences of its end. */
export class Jobs {
  readonly #objects: Objects;
  readonly #logs: JobLogs;
  readonly #actions: Pick<Actions, 'run'>;
  /** Actions in task lists continue when the agent that requested the job disconnects. */
  readonly #closing = new AbortController();
  readonly #retries = new Set<NodeJS.Timeout>();

  constructor(parts: { objects: Objects; events: Events; logs: JobLogs; actions: Pick<Actions, 'run'> }) {
    this.#objects = parts.objects;
    this.#logs = parts.logs;
    this.#actions = parts.actions;
    for (const { key } of failInterrupted(this.#objects))
      this.#logs.add(key, 'The endpoint was stopped while this job ran\n');
    for (const { job, at } of retriesToCome(this.#objects)) this.#retryLater(job, at);
    followJobs(this.#objects, this.#retryLater);
    parts.events.subscribe(({ Type, Action, Key }) => {
      if (Type === 'jobs' && Action === 'delete') this.#logs.remove(Key);
    });
  }

  /** Returns the next job for a machine. If that is an action of a plugin, it is run first. Throws like `nextJob`. */
  async next(asked: AskedJob, requester: Requester): Promise<TakenJob> {
    const next = nextJob(this.#objects, asked, requester);
    if (next.kind === 'again') return { status: 202, job: next.job };
    if (next.kind === 'action') return this.#run(next, requester);
    const { job, lines } = next;
    if (job !== undefined && lines.length > 0) this.#logs.add(job.key, `${lines.join('\n')}\n`);
    return next.kind === 'created' ? { status: 201, job: next.job } : { status: 204 };
  }

  close(): void {
    this.#closing.abort();
    for (const timer of this.#retries) clearTimeout(timer);
  }

  readonly #retryLater: RetryLater = (job, at) => {
    const timer = setTimeout(
      () => {
        this.#retries.delete(timer);
        this.#retry(job);
      },
      Math.min(Math.max(0, at - Date.now()), LONGEST_TIMER_MS),
    );
    this.#retries.add(timer);
  };

  #retry(job: string): void {
    try {
      retry(this.#objects, job);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#logs.add(job, `The task is not tried again: ${reason}\n`);
    }
  }

  async #run(
    { job, machine, plugin, command }: NextJob & { kind: 'action' },
    requester: Requester,
  ): Promise<TakenJob> {
    const subject = { commandSet: 'machines', found: machine };
    let secrets = new Secrets([]);
    const caller = {
      principal: requester.principal,
      signal: this.#closing.signal,
      onSecrets: (texts: readonly string[]) => {
        secrets = new Secrets(texts);
      },
    };
    let result: unknown;
    let failure: ModelError | undefined;
    try {
      result = await this.#actions.run(subject, command, plugin, {}, caller);
    } catch (error) {
      failure = ModelError.from(error) ?? new ModelError(500, String(error));
    }
    const told =
      failure === undefined
        ? `Results from plugin invoke:\n${JSON.stringify(result ?? null, null, 2)}\n\nEnd of results\n`
        : `Action invoke ${command} failed\n${failure.message}\n`;
    if (this.#objects.find('jobs', job.key) !== undefined) this.#logs.add(job.key, secrets.mask(told));
    const ended = this.#end(job, failure === undefined, requester);
    return failure === undefined && ended !== undefined ? { status: 201, job: ended } : { status: 204 };
  }

  /** Ends a job. Undefined when it was removed or ended meanwhile. */
  #end({ key }: Found, succeeded: boolean, requester: Requester): Found | undefined {
    const byJob = { ...requester, byJob: true };
    return this.#objects.write(() => {
      const job = this.#objects.find('jobs', key);
      if (job?.object.State !== 'running') return undefined;
      const [State, ExitState] = succeeded ? ['finished', 'complete'] : ['failed', 'failed'];
      const ended = this.#objects.update(job, { ...job.object, State, ExitState }, byJob);
      jobChanged(this.#objects, ended.object, requester, this.#retryLater);
      return ended;
    });
  }
}
