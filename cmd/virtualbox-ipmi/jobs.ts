import { Semaphore } from '../../lib/process/index.ts';
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
  readonly #queue = new Semaphore(AT_ONCE);
  readonly #jobs = new Map<string, Job>();
  readonly #signal: AbortSignal;
  readonly #failed: (machine: string, error: unknown) => void;

  /** Aborting `signal` aborts all jobs. `failed` is told of each job that failed, unless it was aborted. */
  constructor(signal: AbortSignal, failed: (machine: string, error: unknown) => void) {
    this.#signal = signal;
    this.#failed = failed;
  }

  /** Creates what belongs to a machine, after a deletion that is under way; a creation that is under way is this one. */
  create(machine: string, work: Work): Promise<void> {
    const before = this.#jobs.get(machine);
    if (before?.kind === 'create') return before.done;
    return this.#start(machine, 'create', work, before);
  }

  /** Deletes what belongs to a machine. If its creation is under way, that is aborted first. */
  delete(machine: string, work: Work): Promise<void> {
    const before = this.#jobs.get(machine);
    if (before?.kind === 'delete') return before.done;
    before?.abort.abort(refusal(409, `Machine ${machine} is deleted`));
    return this.#start(machine, 'delete', work, before);
  }

  /** Waits for the ends of all jobs. */
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
