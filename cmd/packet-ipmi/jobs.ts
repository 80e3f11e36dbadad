/** A running job. */
interface Job<T> {
  kind: string;
  done: Promise<T>;
  cancel: AbortController;
}

/** Runs jobs that outlive the call that started them, one at a time per key. */
export class Jobs<T> {
  readonly #signal: AbortSignal;
  readonly #jobs = new Map<string, Job<T>>();

  /** `signal` aborts all jobs. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Starts a job after the current one for the key. A current job of the same kind is returned instead. */
  start(key: string, kind: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const running = this.#jobs.get(key);
    if (running?.kind === kind) return running.done;
    return this.#begin(key, kind, work, running);
  }

  /** Starts a job in place of the current one, which is aborted with `reason` and awaited. */
  replace(key: string, kind: string, work: (signal: AbortSignal) => Promise<T>, reason: Error): Promise<T> {
    const running = this.#jobs.get(key);
    running?.cancel.abort(reason);
    return this.#begin(key, kind, work, running);
  }

  /** Resolves when no job is running. */
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
    // Callers that are interested get the error from the promise.
    done.catch(() => {});
    return done;
  }
}
