import { Semaphore } from '../../lib/process/index.ts';
import { sleep } from './sleep.ts';

/** Something that waits to be sent. */
export interface Waiting {
  /** What is about one object is sent one after the other. */
  queue: string;
  /** How much memory it takes. */
  bytes: number;
  /** Sends it. `again`: it is to be tried once more, by the bounds of the entry. Does not throw. */
  send(signal: AbortSignal): Promise<'done' | 'again'>;
}

export interface OutboxBounds {
  /** How many are sent at once. */
  atOnce: number;
  perQueue: number;
  overAll: number;
  bytes: number;
  /** The pause before something is tried again; it doubles with each time, */
  firstPauseMs: number;
  /** up to this. */
  longestPauseMs: number;
}

export const BOUNDS: OutboxBounds = {
  atOnce: 100,
  perQueue: 1000,
  overAll: 20_000,
  bytes: 128 * 1024 * 1024,
  firstPauseMs: 1000,
  longestPauseMs: 300_000,
};

/** What waits to be sent, one queue for each object. */
export class Outbox {
  readonly #bounds: OutboxBounds;
  readonly #turns: Semaphore;
  readonly #queues = new Map<string, Waiting[]>();
  readonly #loops = new Set<Promise<void>>();
  readonly #aborted = new AbortController();
  /** Ends pauses. */
  readonly #hurry = new AbortController();
  #count = 0;
  #bytes = 0;

  constructor(bounds: Partial<OutboxBounds> = {}) {
    this.#bounds = { ...BOUNDS, ...bounds };
    this.#turns = new Semaphore(this.#bounds.atOnce);
  }

  get size(): number {
    return this.#count;
  }

  /** Whether there was room for it. */
  add(waiting: Waiting): boolean {
    const { perQueue, overAll, bytes } = this.#bounds;
    const queue = this.#queues.get(waiting.queue);
    const full =
      this.#count >= overAll || (queue?.length ?? 0) >= perQueue || this.#bytes + waiting.bytes > bytes;
    if (full || this.#hurry.signal.aborted) return false;
    this.#count += 1;
    this.#bytes += waiting.bytes;
    if (queue !== undefined) {
      queue.push(waiting);
      return true;
    }
    const fresh = [waiting];
    this.#queues.set(waiting.queue, fresh);
    const loop = this.#run(waiting.queue, fresh).finally(() => this.#loops.delete(loop));
    this.#loops.add(loop);
    return true;
  }

  /** Takes nothing more, and resolves when what waits is sent, or after `limitMs`. Returns how many are left. */
  async end(limitMs: number): Promise<number> {
    this.#hurry.abort();
    const timer = setTimeout(() => this.#aborted.abort(new Error('the plugin stops')), limitMs);
    await Promise.all(this.#loops);
    clearTimeout(timer);
    return this.#count;
  }

  /** Does not throw. */
  async #run(name: string, queue: Waiting[]): Promise<void> {
    const { signal } = this.#aborted;
    const { firstPauseMs, longestPauseMs } = this.#bounds;
    let failures = 0;
    for (let first = queue[0]; first !== undefined && !signal.aborted; first = queue[0]) {
      const waiting = first;
      const result = await this.#turns.run(() => waiting.send(signal), signal).catch(() => 'again' as const);
      if (result === 'done') {
        failures = 0;
        queue.shift();
        this.#count -= 1;
        this.#bytes -= waiting.bytes;
        continue;
      }
      // There is no time for another try when the plugin stops.
      if (this.#hurry.signal.aborted) return;
      const pause = Math.min(firstPauseMs * 2 ** failures, longestPauseMs);
      failures += 1;
      await sleep(pause, this.#hurry.signal).catch(() => {});
    }
    this.#queues.delete(name);
  }
}
