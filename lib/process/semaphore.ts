/**
 * Lets a number of tasks run at once and makes the others wait, first come, first served. The other queues are made of
 * it: `KeyedQueue` adds one task at a time for each key and limits for waiting, `BmcQueue` (lib/ipmi) gives those the
 * words for BMCs. What waits in them is work; the queues of events (lib/plugin, lib/endpoint/host, cmd/slack) hold data,
 * and drop some of it when there is too much.
 */
export class Semaphore {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Takes a turn that is free, which is to be given back; false if all turns are taken. */
  tryTake(): boolean {
    if (this.#free === 0) return false;
    this.#free -= 1;
    return true;
  }

  /** Waits for a turn, which is to be given back. On abort, it drops out of the queue and rejects with the reason. */
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

  /** Runs `work` in a turn of its own. Rejects as `work` does, and with the signal's reason when that comes first. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.take(signal);
    try {
      return await work();
    } finally {
      this.give();
    }
  }

  /** Ends a turn that was taken. */
  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
