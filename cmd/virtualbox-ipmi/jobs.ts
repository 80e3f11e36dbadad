import { Turns } from '../../lib/process/index.ts';
import { cancelled, refusal } from './refusal.ts';

/** Work for a machine. It ends soon after its signal is aborted. */
export type Work = (signal: AbortSignal) => Promise<void>;

interface Job {
  kind: 'create' | 'delete';
  abort: AbortController;
  done: Promise<void>;
}

/** How many jobs run at once; the others wait. */
const AT_ONCE = 4;

/** Work that outlives the handler that began it: at most one job for a machine at a time. */
export class Jobs {
  readonly #turns = new Turns(AT_ONCE);
  readonly #jobs = new Map<string, Job>();
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;
  readonly #failed: (machine: string, error: unknown) => void;

  /** Aborting `signal` aborts all jobs. `failed` is told of each job that failed, unless it was aborted. */
  constructor(signal: AbortSignal, failed: (machine: string, error: unknown) => void) {
    this.#signal = AbortSignal.any([signal, this.#stopping.signal]);
    this.#failed = failed;
  }

  /** Creates what belongs to a machine; when that is under way already, this is that job. */
  create(machine: string, work: Work): Promise<void> {
    return this.#jobs.get(machine)?.done ?? this.#start(machine, 'create', work);
  }

  /** Deletes what belongs to a machine. If its creation is under way, that is aborted first. */
  delete(machine: string, work: Work): Promise<void> {
    const before = this.#jobs.get(machine);
    if (before?.kind === 'delete') return before.done;
    before?.abort.abort(refusal(409, `Machine ${machine} is deleted`));
    return this.#start(machine, 'delete', async (signal) => {
      await before?.done.catch(() => {});
      await work(signal);
    });
  }

  /** Aborts all jobs and waits for their ends. */
  async stop(reason: Error): Promise<void> {
    this.#stopping.abort(reason);
    await Promise.allSettled([...this.#jobs.values()].map(({ done }) => done));
  }

  #start(machine: string, kind: Job['kind'], work: Work): Promise<void> {
    const abort = new AbortController();
    const signal = AbortSignal.any([this.#signal, abort.signal]);
    const done = this.#inTurn(machine, signal, work);
    const job: Job = { kind, abort, done };
    this.#jobs.set(machine, job);
    const forget = () => {
      if (this.#jobs.get(machine) === job) this.#jobs.delete(machine);
    };
    done.then(forget, (error: unknown) => {
      forget();
      if (!signal.aborted) this.#failed(machine, error);
    });
    return done;
  }

  async #inTurn(machine: string, signal: AbortSignal, work: Work): Promise<void> {
    try {
      await this.#turns.take(signal);
    } catch {
      throw cancelled(`Machine ${machine}`, signal);
    }
    try {
      await work(signal);
    } finally {
      this.#turns.give();
    }
  }
}
