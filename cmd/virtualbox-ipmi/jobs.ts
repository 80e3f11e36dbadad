import { Semaphore } from '../../lib/process/index.ts';
import { cancelled, refusal } from './refusal.ts';

/** Work for a machine. It ends soon after its signal is aborted. */
export type Work = (signal: AbortSignal) => Promise<void>;

interface Job {
  kind: 'create' | 'delete';
  abort: AbortController;
  done: Promise<void>;
}

/** How many jobs run at once. */
const AT_ONCE = 4;

/** Runs jobs that outlive the handler that started them, one at a time per machine. */
export class Jobs {
  readonly #queue = new Semaphore(AT_ONCE);
  readonly #jobs = new Map<string, Job>();
  readonly #signal: AbortSignal;
  readonly #failed: (machine: string, error: unknown) => void;

  /** Aborting `signal` aborts all jobs. `failed` is called for each failed job that was not aborted. */
  constructor(signal: AbortSignal, failed: (machine: string, error: unknown) => void) {
    this.#signal = signal;
    this.#failed = failed;
  }

  /** Starts a creation after a running deletion. A running creation is returned instead. */
  create(machine: string, work: Work): Promise<void> {
    const before = this.#jobs.get(machine);
    if (before?.kind === 'create') return before.done;
    return this.#start(machine, 'create', work, before);
  }

  /** Starts a deletion. A running creation is aborted first. */
  delete(machine: string, work: Work): Promise<void> {
    const before = this.#jobs.get(machine);
    if (before?.kind === 'delete') return before.done;
    before?.abort.abort(refusal(409, `Machine ${machine} is deleted`));
    return this.#start(machine, 'delete', work, before);
  }

  /** Resolves when all jobs have ended. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#jobs.values()].map(({ done }) => done));
  }

  #start(machine: string, kind: Job['kind'], work: Work, before?: Job): Promise<void> {
    const abort = new AbortController();
    const signal = AbortSignal.any([this.#signal, abort.signal]);
    const done = this.#inTurn(machine, signal, async () => {
      await before?.done.catch(() => {});
      if (signal.aborted) throw cancelled(`Machine ${machine}`, signal);
      await work(signal);
    });
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

  async #inTurn(machine: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    try {
      await this.#queue.take(signal);
    } catch {
      throw cancelled(`Machine ${machine}`, signal);
    }
    try {
      await work();
    } finally {
      this.#queue.give();
    }
  }
}
