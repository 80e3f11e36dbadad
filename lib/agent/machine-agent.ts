import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Client, Job, Machine } from '../api/index.ts';
import { ModelError } from '../models/index.ts';
import type { AgentEvent, AgentObserver } from './agent-event.ts';
import { nextStage } from './change-stage.ts';
import { Channel } from './channel.ts';
import { fetchKernel } from './kexec.ts';
import { MachineWatch } from './machine-watch.ts';
import type { Power } from './power.ts';
import { openRunnerFolder, type RunnerFolder } from './runner-folder.ts';
import { StateFile } from './state-file.ts';
import { type ExitOf, next, type State, type Trouble } from './states.ts';
import type { TaskResult } from './task-result.ts';
import { resultAtEndpoint, TaskRunner } from './task-runner.ts';

export interface MachineAgentOptions {
  /** Only run jobs of this context; '' is the machine itself. */
  context?: string;
  /** End when there is nothing to do, instead of waiting. */
  oneshot?: boolean;
  /** End after a failed task or any other failure. */
  exitOnFailure?: boolean;
  /** Reboots the machine and powers it off. Without it, the agent ends instead. */
  power?: Power;
  /** Folder for the machine's state between runs. Without it, no state is kept. */
  stateFolder?: string;
  /** Folder for tasks. Default: a new one in the folder for temporary files, or in that of param `runner-tmpdir`. */
  runnerFolder?: string;
  /** Programs that scripts can call, by name, especially `drpcli`; values are files. */
  programs?: Readonly<Record<string, string>>;
  /** Do not set the machine to runnable at the start. */
  skipRunnable?: boolean;
  /** Receives the agent's events. */
  onEvent?: AgentObserver;
  /** Ms to wait for the machine before checking whether to end. Default: an hour, with `oneshot` a second. */
  patience?: number;
  /** Ms to wait before a retry after a failure. Default: 30,000 in INIT, else 5,000. */
  pauses?: { init: number; other: number };
  /** Time limit for a script in ms; default 24 days. */
  scriptLimit?: number;
}

/** How an agent ended: in which state, by which exit. */
export interface AgentEnd {
  state: State;
  by: string;
  /** The last failure, if it is the cause. */
  error?: Error;
}

/**
 * Lifetime of tokens in seconds, renewed at half of it. Longer than that of a client's tokens, since scripts use them.
 */
const TOKEN_S = 24 * 3600;
const HOUR_MS = 3_600_000;
const PAUSES = { init: 30_000, other: 5_000 };
/** Time limit in ms for the last requests when the agent ends. */
const LAST_MS = 5_000;

type Work = { readonly [S in State]: () => Promise<ExitOf<S> | Trouble> };

/**
 * Runs the tasks of a machine: waits until it is runnable, requests the next job, runs it, and acts on its result. The
 * states and transitions are in the table in `states.ts`.
 */
export class MachineAgent {
  readonly #client: Client;
  readonly #uuid: string;
  readonly #options: MachineAgentOptions;
  readonly #context: string;
  readonly #stateFile: StateFile | undefined;
  readonly #work: Work;
  /** The last known machine, to detect changes. */
  #machine: Machine | undefined;
  #folder: RunnerFolder | undefined;
  #watch: MachineWatch | undefined;
  #chroot: string | undefined;
  #error: Error | undefined;
  #isMarked = false;
  /** Params of the machine and its profiles at the start. */
  #params: Record<string, unknown> = {};
  #signal = new AbortController().signal;
  #token: { text: string | undefined; renewAt: number } | undefined;
  /** The state and exit that led to EXIT. */
  #end: AgentEnd = { state: 'EXIT', by: 'end' };
  /** The consumer of `events`. */
  #listener: AgentObserver | undefined;
  /** The state file of an earlier run, until it has been compared. */
  #earlier: Pick<Machine, 'BootEnv'> | undefined;

  /** `uuid` is the machine's. Does no I/O. */
  constructor(client: Client, uuid: string, options: MachineAgentOptions = {}) {
    this.#client = client;
    this.#uuid = uuid;
    this.#options = options;
    this.#context = options.context ?? '';
    this.#stateFile =
      options.stateFolder === undefined ? undefined : new StateFile(options.stateFolder, uuid);
    const waitForRunnable = () => this.#wait(({ Runnable }) => Runnable);
    this.#work = {
      INIT: () => this.#init(),
      WAIT_FOR_RUNNABLE: waitForRunnable,
      RUN_TASK: () => this.#runTask(),
      WAIT_FOR_CHANGE_STAGE: () => this.#wait(this.#differs(this.#copy)),
      CHANGE_STAGE: () => this.#changeStage(),
      KEXEC: () => this.#kexec(),
      REBOOT: () => this.#switch((power) => power.reboot()),
      POWEROFF: () => this.#switch((power) => power.poweroff()),
      EXIT: async () => {
        if (this.#chroot === undefined || this.#signal.aborted) return 'end';
        this.#chroot = undefined;
        return 'left the chroot';
      },
    };
  }

  /**
   * Runs until there is a reason to end, and returns it. When `signal` is aborted, the running script is killed, its
   * job becomes incomplete, and the agent ends. Only one run at a time. Throws ModelError when it cannot begin: the
   * machine does not exist, the endpoint refuses, the folder for tasks cannot be created.
   */
  async run({ signal = new AbortController().signal }: { signal?: AbortSignal } = {}): Promise<AgentEnd> {
    this.#signal = signal;
    this.#error = undefined;
    this.#chroot = undefined;
    try {
      await this.#begin();
    } catch (error) {
      if (!signal.aborted) throw error;
      return { state: 'INIT', by: 'cancelled', error: toldToEnd(error) };
    }
    await using folder = await this.#openFolder();
    this.#folder = folder;
    let state: State = 'INIT';
    let by: string | undefined;
    try {
      for (;;) {
        await this.#tell({ kind: 'state', state, by });
        const exit: string = await this.#work[state]().catch((error: unknown) => this.#trouble(state, error));
        await this.#saveState();
        const to = next(state, exit);
        if (to === 'ENDED') {
          const end = state === 'EXIT' ? this.#end : { state, by: exit };
          await this.#tell({ kind: 'state', state: to, by: end.by });
          return end;
        }
        if (to === 'EXIT') this.#end = { state, by: exit, error: this.#error };
        [state, by] = [to, exit];
      }
    } finally {
      this.#watch?.close();
      this.#watch = undefined;
    }
  }

  /**
   * Runs and yields its events. The agent waits for the consumer; leaving the loop ends it. The generator returns how
   * the agent ended.
   */
  async *events({ signal }: { signal?: AbortSignal } = {}): AsyncGenerator<AgentEvent, AgentEnd> {
    const leaving = new AbortController();
    const signals = signal === undefined ? [leaving.signal] : [leaving.signal, signal];
    const channel = new Channel<AgentEvent>();
    this.#listener = (event) => channel.put(event);
    const running = this.run({ signal: AbortSignal.any(signals) }).finally(() => channel.close());
    running.catch(() => {});
    try {
      yield* channel;
      return await running;
    } finally {
      this.#listener = undefined;
      channel.close();
      leaving.abort();
      await running.catch(() => {});
    }
  }

  get #copy(): Machine {
    if (this.#machine === undefined) throw new Error('the machine has not been read yet');
    return this.#machine;
  }

  async #begin(): Promise<void> {
    const signal = this.#signal;
    this.#machine = await this.#client.objects('machines').get(this.#uuid, { signal });
    this.#params = await this.#client.params('machines', this.#uuid).all({ aggregate: true, signal });
    this.#earlier = await this.#stateFile?.load();
    this.#isMarked = this.#context !== '' || this.#options.skipRunnable === true;
  }

  async #openFolder(): Promise<RunnerFolder> {
    const { runnerFolder: path, programs } = this.#options;
    const named = this.#params['runner-tmpdir'];
    return openRunnerFolder({
      path,
      programs,
      parent: typeof named === 'string' && named ? named : undefined,
    });
  }

  async #init(): Promise<ExitOf<'INIT'>> {
    this.#error = undefined;
    this.#watch?.close();
    const signal = this.#signal;
    const machine = await this.#client.objects('machines').get(this.#uuid, { signal });
    this.#machine = machine;
    const earlier = this.#earlier;
    this.#earlier = undefined;
    if (earlier !== undefined && earlier.BootEnv !== machine.BootEnv && this.#context === '') {
      return this.#restart({ loadsKernel: true });
    }
    const hasFailed = await this.#failLeftJob(machine);
    // An endpoint may stop a machine after a failed job.
    if (hasFailed || !machine.Runnable) await this.#markRunnable();
    this.#isMarked = true;
    this.#watch = await MachineWatch.open(this.#client, this.#uuid, signal);
    return 'ready';
  }

  /** Fails a job that an earlier agent has left unfinished. Returns whether there was one. */
  async #failLeftJob({ CurrentJob }: Machine): Promise<boolean> {
    if (!CurrentJob || /^[0-]*$/.test(CurrentJob)) return false;
    const jobs = this.#client.objects('jobs');
    const signal = this.#signal;
    const job = await jobs.get(CurrentJob, { signal }).catch((error: unknown) => {
      if (error instanceof ModelError && error.code === 404) return undefined;
      throw error;
    });
    if (job === undefined || job.Context !== this.#context) return false;
    if (job.State !== 'created' && job.State !== 'running') return false;
    await jobs.patch(
      CurrentJob,
      [
        { op: 'test', path: '/State', value: job.State },
        { op: 'replace', path: '/State', value: 'failed' },
        { op: 'replace', path: '/ExitState', value: 'failed' },
      ],
      { signal },
    );
    await this.#problem(
      `Job ${CurrentJob} (${job.Task}) was left ${job.State} by an earlier agent: it has failed`,
    );
    return true;
  }

  /** Sets the machine to runnable, once per run: it is up and has an agent. */
  async #markRunnable(): Promise<void> {
    if (this.#isMarked) return;
    const flags = this.#params['feature-flags'];
    const features = typeof flags === 'string' ? flags.split(',').map((flag) => flag.trim()) : [];
    if (!features.includes('change-stage-v2') || features.includes('original-change-stage')) {
      const patch = [{ op: 'replace', path: '/Runnable', value: true }] as const;
      this.#machine = await this.#client
        .objects('machines')
        .patch(this.#uuid, patch, { signal: this.#signal });
    }
  }

  #differs({ CurrentTask, Tasks, Runnable, BootEnv, Stage }: Machine): (machine: Machine) => boolean {
    return (now) =>
      now.CurrentTask !== CurrentTask ||
      now.Runnable !== Runnable ||
      now.BootEnv !== BootEnv ||
      now.Stage !== Stage ||
      !isDeepStrictEqual(now.Tasks, Tasks);
  }

  async #wait(condition: (machine: Machine) => boolean): Promise<ExitOf<'WAIT_FOR_RUNNABLE'>> {
    const { oneshot = false, patience = oneshot ? 1000 : HOUR_MS } = this.#options;
    const before = this.#copy;
    const watch = this.#watch;
    if (watch === undefined) throw new Error('the machine is not watched');
    for (;;) {
      const machine = await watch.until(
        (now) =>
          now.Available &&
          (now.Context === this.#context || now.BootEnv !== before.BootEnv) &&
          condition(now),
        patience,
        this.#signal,
      );
      if (machine === undefined) {
        if (oneshot) return 'time is up';
        continue;
      }
      this.#machine = machine;
      if (machine.BootEnv !== before.BootEnv && this.#context === '') {
        return this.#restart({ loadsKernel: true });
      }
      if (machine.Context === this.#context) return machine.Runnable ? 'runnable' : 'not runnable';
    }
  }

  async #runTask(): Promise<ExitOf<'RUN_TASK'>> {
    const signal = this.#signal;
    const machine = this.#copy;
    const job = await this.#client.jobs().next(machine.Uuid, this.#context, { signal });
    if (job === undefined) {
      if (this.#chroot !== undefined) return 'no job in the chroot';
      return machine.Workflow === '' ? 'no job, no workflow' : 'no job';
    }
    if (job.Task.startsWith('chroot:')) {
      this.#chroot = job.Task.slice('chroot:'.length);
      return 'chroot';
    }
    const result = await this.#runJob(job);
    signal.throwIfAborted();
    if (result.wants === 'reboot') return this.#restart({ loadsKernel: false });
    if (result.wants !== undefined) return result.wants;
    return result.failed && this.#options.exitOnFailure ? 'failed' : 'done';
  }

  async #runJob(job: Job): Promise<TaskResult> {
    const { scriptLimit: timeLimit } = this.#options;
    await this.#tell({ kind: 'job', job });
    if (job.Task.includes(':')) {
      const result = resultAtEndpoint(job);
      await this.#tell({ kind: 'result', job, result });
      return result;
    }
    const folder = this.#folder;
    if (folder === undefined) throw new Error('there is no folder for tasks');
    await using runner = await TaskRunner.open({
      client: this.#client,
      machine: this.#copy,
      job,
      folder,
      chroot: this.#chroot,
      token: await this.#scriptToken(),
      onEvent: (event) => this.#tell(event),
      timeLimit,
    });
    const result = await runner.run(this.#signal);
    await this.#tell({ kind: 'result', job, result });
    return result;
  }

  async #scriptToken(): Promise<string | undefined> {
    const now = performance.now();
    if (this.#token === undefined || now > this.#token.renewAt) {
      const text = await this.#client.token({ seconds: TOKEN_S, signal: this.#signal });
      this.#token = { text, renewAt: now + (TOKEN_S * 1000) / 2 };
    }
    return this.#token.text;
  }

  async #changeStage(): Promise<ExitOf<'CHANGE_STAGE'>> {
    const machine = this.#copy;
    const found = await nextStage(this.#client, machine, this.#signal);
    if (found === undefined) return 'no change';
    const { stage, word } = found;
    const boots =
      stage.Reboot || word === 'Reboot' || (stage.BootEnv !== '' && stage.BootEnv !== machine.BootEnv);
    const exit = boots ? await this.#restart({ loadsKernel: true }) : 'changed';
    await this.#client.objects('machines').patch(
      machine.Uuid,
      [
        { op: 'test', path: '/Stage', value: machine.Stage },
        { op: 'replace', path: '/Stage', value: stage.Name },
      ],
      { signal: this.#signal },
    );
    if (stage.Reboot) return exit;
    if (word === 'Stop') return 'stop';
    return word === 'Shutdown' ? 'poweroff' : exit;
  }

  /** Restarts the machine. It is not runnable until an agent runs on it again. */
  async #restart({ loadsKernel }: { loadsKernel: boolean }): Promise<'installing' | 'kexec' | 'reboot'> {
    const machine = this.#copy;
    const { power } = this.#options;
    await this.#markNotRunnable();
    if (machine.BootEnv.endsWith('-install')) return 'installing';
    if (power === undefined || this.#context !== '') return 'reboot';
    if (await power.isKernelLoaded()) return 'kexec';
    if (!loadsKernel || this.#folder === undefined) return 'reboot';
    try {
      const kernel = await fetchKernel(this.#client, machine, this.#folder.path, this.#signal);
      if (kernel === undefined) return 'reboot';
      await power.loadKernel(kernel);
    } catch (error) {
      await this.#problem(`No kernel is loaded: ${error instanceof Error ? error.message : error}`);
    }
    return (await power.isKernelLoaded()) ? 'kexec' : 'reboot';
  }

  async #markNotRunnable(): Promise<void> {
    if (this.#context !== '' || this.#copy.Context !== '') return;
    await this.#client
      .objects('machines')
      .patch(
        this.#uuid,
        [
          { op: 'test', path: '/Context', value: '' },
          { op: 'replace', path: '/Runnable', value: false },
        ],
        { timeout: LAST_MS },
      )
      .catch((error: unknown) =>
        this.#problem(`${this.#copy.Name} could not be marked as not runnable: ${error}`),
      );
  }

  async #kexec(): Promise<ExitOf<'KEXEC'>> {
    const { power } = this.#options;
    if (power === undefined || this.#context !== '') return 'kept';
    try {
      await power.kexec();
      // This process is about to be ended by the restart.
      await delay(300_000, undefined, { signal: this.#signal });
    } catch (error) {
      this.#signal.throwIfAborted();
      await this.#problem(`kexec: ${error instanceof Error ? error.message : error}`);
    }
    return 'not possible';
  }

  async #switch(act: (power: Power) => Promise<void>): Promise<ExitOf<'REBOOT'>> {
    const { power } = this.#options;
    if (power === undefined || this.#context !== '') return 'kept';
    await this.#bootFromNetwork();
    await this.#markNotRunnable();
    await act(power);
    return 'gone';
  }

  /** Sets the boot device to network. Newer endpoints do this themselves. */
  async #bootFromNetwork(): Promise<void> {
    const signal = this.#signal;
    try {
      const { features } = await this.#client.info({ signal });
      if (features.includes('auto-boot-target')) return;
      const actions = this.#client.actions('machines', this.#uuid);
      await actions.show('nextbootpxe', { signal });
      await actions.run('nextbootpxe', {}, { signal });
    } catch (error) {
      // The action is not available for every machine.
      if (error instanceof ModelError && error.code === 404) return;
      await this.#problem(
        `The boot device could not be set: ${error instanceof Error ? error.message : error}`,
      );
    }
  }

  /** The exit of a state whose work failed. */
  async #trouble(state: State, thrown: unknown): Promise<Trouble> {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    if (this.#signal.aborted) {
      this.#error = toldToEnd(error);
      return 'cancelled';
    }
    this.#error = error;
    await this.#problem(error.message);
    const isGone = error instanceof ModelError && error.code === 404 && state === 'INIT';
    if (this.#options.exitOnFailure || isGone || state === 'REBOOT' || state === 'POWEROFF')
      return 'gives up';
    const { init, other } = this.#options.pauses ?? PAUSES;
    await delay(state === 'INIT' ? init : other, undefined, { signal: this.#signal }).catch(() => {});
    return this.#signal.aborted ? 'cancelled' : 'retry';
  }

  async #saveState(): Promise<void> {
    if (this.#machine === undefined) return;
    await this.#stateFile?.save(this.#machine).catch(async (error: unknown) => {
      await this.#problem(
        `What the agent knows could not be kept: ${error instanceof Error ? error.message : error}`,
      );
    });
  }

  async #problem(message: string): Promise<void> {
    await this.#tell({ kind: 'problem', message });
  }

  async #tell(event: AgentEvent): Promise<void> {
    await this.#options.onEvent?.(event);
    await this.#listener?.(event);
  }
}

function toldToEnd(cause: unknown): ModelError {
  return new ModelError(499, 'The agent was told to end', { type: 'AGENT', cause });
}
