/** Work of one kind on one thing. */
interface Job<T> {
  kind: string;
  done: Promise<T>;
  cancel: AbortController;
}

/** Work that goes on after the call that began it: on one thing (by its key) one job at a time. */
export class Jobs<T> {
  readonly #signal: AbortSignal;
  readonly #jobs = new Map<string, Job<T>>();

  /** `signal` ends all jobs. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Begins a job, after the one that runs. If that is of the same kind, it is the one that is wanted. */
  start(key: string, kind: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const running = this.#jobs.get(key);
    if (running?.kind === kind) return running.done;
    return this.#begin(key, kind, work, running);
  }

  /** Begins a job in place of the one that runs, which is aborted with `reason` and has ended before. */
  replace(key: string, kind: string, work: (signal: AbortSignal) => Promise<T>, reason: Error): Promise<T> {
    const running = this.#jobs.get(key);
    running?.cancel.abort(reason);
    return this.#begin(key, kind, work, running);
  }

  /** Resolves when no job runs any more. */
  async ended(): Promise<void> {
    while (this.#jobs.size > 0) await Promise.allSettled([...this.#jobs.values()].map(({ done }) => done));
  }

  #begin(
    key: string,
    kind: string,
    work: (signal: AbortSignal) => Promise<T>,
    before: Job<T> | undefined,
  ): Promise<T> {
    const cancel = new AbortController();
    const signal = AbortSignal.any([this.#signal, cancel.signal]);
    const run = async () => {
      try {
        await before?.done.catch(() => {});
        signal.throwIfAborted();
        return await work(signal);
      } finally {
        if (this.#jobs.get(key) === job) this.#jobs.delete(key);
      }
    };
    const done = Promise.resolve().then(run);
    const job: Job<T> = { kind, done, cancel };
    this.#jobs.set(key, job);
    // The promise tells what became of it, to callers that want to know.
    done.catch(() => {});
    return done;
  }
}
