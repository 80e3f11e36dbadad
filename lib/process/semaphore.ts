/**
 * Limits the number of concurrent tasks; others wait in order. The other queues are built on it: `KeyedQueue` adds
 * sequential work per key and limits for waiting, `BmcQueue` (lib/ipmi) adds the errors for BMCs. These hold work; the
 * queues of events (lib/plugin, lib/endpoint/host, cmd/slack) hold data, and drop some when full.
 */
export class Semaphore {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Takes a free turn, which must be given back. Returns false if no turn is free. */
  tryTake(): boolean {
    if (this.#free === 0) return false;
    this.#free -= 1;
    return true;
  }

  /** Waits for a turn, which must be given back. On abort, leaves the queue and rejects with the reason. */
  take(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.tryTake()) {
        resolve();
        return;
      }
      const start = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1);
        reject(signal?.reason);
      };
      this.#waiting.push(start);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /** Runs `work` in a turn. Rejects like `work`, and with the signal's reason when that comes first. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.take(signal);
    try {
      return await work();
    } finally {
      this.give();
    }
  }

  /** Gives a turn back. */
  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
