import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import {
  type Client,
  ConflictError,
  type Job,
  type JobAction,
  type Machine,
  type Task,
} from '../api/index.ts';
import { ModelError } from '../models/index.ts';
import { runStreaming } from '../process/index.ts';
import type { AgentObserver } from './agent-event.ts';
import { type Outcome, outcomeOf } from './exit-codes.ts';
import { HELPER } from './helper.ts';
import { JobLog } from './job-log.ts';
import { OUTAGE_LIMIT_MS, retryDuringOutage } from './outage.ts';
import { isThere, type RunnerFolder } from './runner-folder.ts';
import { scriptCommand, scriptEnvironment } from './script.ts';
import { resultOf, type TaskResult } from './task-result.ts';

/** The longest timer, 24 days: the duration of tasks is unknown. */
const LONGEST_MS = 2 ** 31 - 1;
/** Time limit in ms for the last requests when the agent ends. */
const LAST_MS = 5_000;
const SANE_FILE = '.sane-exit-codes';
const SUCCESS: Outcome = { failed: false, incomplete: false };
const FAILURE: Outcome = { failed: true, incomplete: false };

export interface TaskRunnerOptions {
  client: Client;
  machine: Pick<Machine, 'Uuid' | 'Name'>;
  job: Job;
  folder: RunnerFolder;
  /** Root folder for scripts, if it differs from the agent's. Needs the rights for mount and chroot. */
  chroot?: string;
  /** The token for scripts, unless the job has its own. */
  token?: string;
  /** Receives log lines, and failures beside the task. */
  onEvent?: AgentObserver;
  /** Time limit for a script in ms; default 24 days. */
  timeLimit?: number;
}

/** Runs a job: the steps rendered from the templates of its task. */
export class TaskRunner implements AsyncDisposable {
  readonly job: Job;
  readonly #options: TaskRunnerOptions;
  readonly #sane: boolean;
  readonly #log: JobLog;
  #folder: string | undefined;

  private constructor(options: TaskRunnerOptions, task: Task) {
    this.job = options.job;
    this.#options = options;
    const features = task.Meta?.['feature-flags'] ?? '';
    this.#sane = features.split(',').some((name) => name.trim() === 'sane-exit-codes');
    this.#log = new JobLog(options.client.jobs(), this.job.Uuid);
  }

  /** Reads the job's task. Throws ModelError, 404 when it does not exist any more. */
  static async open(options: TaskRunnerOptions): Promise<TaskRunner> {
    return new TaskRunner(options, await options.client.objects('tasks').get(options.job.Task));
  }

  /**
   * Runs the job and reports the result to the endpoint: the job becomes finished, incomplete or failed, and the
   * machine stays runnable only if all went well. When `signal` is aborted, the running script is killed with its
   * children, and the job is incomplete. Throws ModelError when the endpoint does not let the job run.
   */
  async run(signal: AbortSignal = new AbortController().signal): Promise<TaskResult> {
    const { client, machine } = this.#options;
    const { Uuid, State, Workflow, Stage, Task } = this.job;
    await client.objects('jobs').patch(
      Uuid,
      [
        { op: 'test', path: '/State', value: State },
        { op: 'replace', path: '/State', value: 'running' },
      ],
      { signal },
    );
    const hurry = () => this.#log.hurry();
    signal.addEventListener('abort', hurry, { once: true });
    try {
      await this.log(`Starting task ${Workflow}:${Stage}:${Task} on ${machine.Name}`);
      const outcome = await this.#actions(signal).catch(async (error: unknown) => {
        await this.log(`Task ${Task} cannot go on: ${error instanceof Error ? error.message : error}`);
        return signal.aborted ? CANCELLED : FAILURE;
      });
      return await this.#finish(resultOf(outcome), signal);
    } finally {
      signal.removeEventListener('abort', hurry);
    }
  }

  /** Writes the file of a step and returns its path. Throws ModelError 400 for a path outside of the task's folder. */
  async expand(action: JobAction): Promise<string> {
    const { chroot } = this.#options;
    const folder = await this.#taskFolder();
    const isAbsolute = action.Path.startsWith('/');
    const file = isAbsolute ? join(chroot ?? '/', action.Path) : resolve(folder, action.Path);
    if (!isAbsolute && relative(folder, file).startsWith('..')) {
      throw new ModelError(400, `Path ${action.Path} of ${action.Name} leads out of the folder of the task`);
    }
    await this.log(`Writing ${action.Name} to ${isAbsolute ? file : action.Path}`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, action.Content, { mode: 0o644 });
    return file;
  }

  /** Runs the script of a step and returns the meaning of its exit code. */
  async perform(action: JobAction, signal: AbortSignal = new AbortController().signal): Promise<Outcome> {
    const { folder, chroot, client, machine, token, timeLimit = LONGEST_MS } = this.#options;
    const taskFolder = await this.#taskFolder();
    const script = `${this.job.Task}-${action.Name}`.replaceAll('/', '-');
    await writeFile(join(taskFolder, script), action.Content, { mode: 0o700 });
    const places = { runnerFolder: folder.path, taskFolder };
    const interpreter = action.Meta?.Interpreter || undefined;
    const [file, ...args] = scriptCommand(script, { ...places, interpreter, chroot });
    const own = this.job.Token || token;
    const about = { programs: folder.programs, machine: machine.Uuid, endpoint: client.endpoint, token: own };
    await this.log(`Starting ${action.Name}`);
    const { how, code, error } = await runStreaming(file, args, {
      env: scriptEnvironment({ ...places, ...about }),
      cwd: taskFolder,
      timeLimitMs: timeLimit,
      signal,
      onOutput: (chunk) => this.#write(chunk),
    });
    if (how === 'abort') {
      await this.log(`${action.Name} was ended: the agent is told to end`);
      return CANCELLED;
    }
    if (how === 'time limit') {
      await this.log(`${action.Name} was ended: it took longer than ${timeLimit / 1000} s`);
      return FAILURE;
    }
    if (how === 'unstartable') {
      await this.log(`${action.Name} could not be started: ${error?.message}`);
      return FAILURE;
    }
    await this.log(`${action.Name} ${code === null ? 'was killed' : `exited with code ${code}`}`);
    return outcomeOf(code, this.#sane || (await isThere(join(taskFolder, SANE_FILE))));
  }

  /** Adds a line to the log of the job. */
  async log(line: string): Promise<void> {
    await this.#write(Buffer.from(`${line}\n`));
  }

  /** Sends the rest of the log, and removes the task's folder. */
  async close(): Promise<void> {
    await this.#log.close();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Runs the steps and returns the outcome. A failed step ends the job. So does one that requests something; the job is
   * incomplete then unless it was the last step. But "incomplete" of a step before the last means that the rest is not
   * needed: the job is finished.
   */
  async #actions(signal: AbortSignal): Promise<Outcome> {
    const { client } = this.#options;
    const actions = await client.jobs().actions(this.job.Uuid, { os: goOs(), signal });
    if (actions.some(({ Path }) => Path === '')) {
      await writeFile(join(await this.#taskFolder(), 'helper'), HELPER, { mode: 0o600 });
    }
    let outcome = SUCCESS;
    for (const [at, action] of actions.entries()) {
      const isLast = at === actions.length - 1;
      if (action.Path !== '') {
        await this.expand(action);
        outcome = SUCCESS;
        continue;
      }
      outcome = await this.perform(action, signal);
      if (outcome.failed) return outcome;
      if (outcome.wants !== undefined) return { ...outcome, incomplete: outcome.incomplete || !isLast };
      if (outcome.incomplete && !isLast) return SUCCESS;
    }
    return outcome;
  }

  async #finish(result: TaskResult, signal: AbortSignal): Promise<TaskResult> {
    const { client, machine } = this.#options;
    const { Task, Uuid } = this.job;
    const limits = () => ({ patience: signal.aborted ? LAST_MS : OUTAGE_LIMIT_MS });
    const call = { timeout: 30_000 };
    if (result.failed || result.incomplete || result.wants !== undefined) {
      const patch = [{ op: 'replace', path: '/Runnable', value: false }] as const;
      await retryDuringOutage(
        () => client.objects('machines').patch(machine.Uuid, patch, call),
        limits(),
      ).catch((error: unknown) =>
        this.#problem(`${machine.Name} could not be marked as not runnable`, error),
      );
    }
    await this.log(
      `Task ${Task} ${result.wants === undefined ? result.state : `${result.state}: ${result.wants}`}`,
    );
    await this.#log.close();
    if (this.#log.lost !== undefined) {
      await this.#problem(`The log of job ${Uuid} at the endpoint is not whole`, this.#log.lost);
    }
    const patch = [
      { op: 'test', path: '/State', value: 'running' },
      { op: 'replace', path: '/State', value: result.state },
      { op: 'replace', path: '/ExitState', value: result.exitState },
    ] as const;
    const jobs = client.objects('jobs');
    await retryDuringOutage(() => jobs.patch(Uuid, patch, call), limits()).catch(async (error: unknown) => {
      // The answer to the update may have been lost; then the job has the state already.
      const now =
        error instanceof ConflictError ? await jobs.get(Uuid, call).catch(() => undefined) : undefined;
      if (now?.State === result.state && now.ExitState === result.exitState) return;
      const state = now === undefined ? '' : `: it is ${now.State} there`;
      await this.#problem(`Job ${Uuid} could not be told to be ${result.state}${state}`, error);
    });
    return result;
  }

  async #problem(what: string, error: unknown): Promise<void> {
    const message = `${what}: ${error instanceof Error ? error.message : error}`;
    await this.#options.onEvent?.({ kind: 'problem', message });
  }

  async #write(text: Uint8Array): Promise<void> {
    await this.#options.onEvent?.({ kind: 'log', job: this.job, text });
    await this.#log.write(text);
  }

  async #taskFolder(): Promise<string> {
    const name = this.job.Task.replaceAll('/', '-');
    this.#folder ??= await mkdtemp(join(this.#options.folder.path, `${name}-`));
    return this.#folder;
  }
}

const CANCELLED: Outcome = { failed: true, incomplete: true };

/** Go's name of the operating system. */
function goOs(): string {
  return process.platform === 'win32' ? 'windows' : process.platform;
}

/** The result of a job that the endpoint has run itself (`action:...`). Throws ModelError when it has not ended. */
export function resultAtEndpoint({ Uuid, Task, State }: Job): TaskResult {
  if (State === 'finished') return resultOf(SUCCESS);
  if (State === 'failed') return resultOf(FAILURE);
  throw new ModelError(500, `Task ${Task} is one of the endpoint's own, but its job is ${State}`, {
    type: 'AGENT',
    model: 'jobs',
    key: Uuid,
  });
}
