import { Semaphore } from '../../lib/process/index.ts';
import { sleep } from './sleep.ts';

/** A message in the outbox. */
export interface Waiting {
  /** Messages with the same queue (about one object) are sent one at a time. */
  queue: string;
  /** A message that waits for a retry delays later ones of the same callback in its queue only. */
  callback: string;
  /** Its size in memory. */
  bytes: number;
  /** Sends the message. `again`: retry, within the limits of the entry. Never rejects. */
  send(signal: AbortSignal): Promise<'done' | 'again'>;
}

export interface OutboxBounds {
  /** How many messages are sent at once. */
  atOnce: number;
  perQueue: number;
  overAll: number;
  bytes: number;
  /** Pause in ms before a retry; it doubles with each retry, */
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

/** The messages to be sent, with a queue per object. */
export class Outbox {
  readonly #bounds: OutboxBounds;
  readonly #turns: Semaphore;
  readonly #queues = new Map<string, Waiting[]>();
  /** Aborted to end the pause of a queue when a message is added. */
  readonly #wakes = new Map<string, AbortController>();
  readonly #loops = new Set<Promise<void>>();
  readonly #aborted = new AbortController();
  /** Aborted to end all pauses. */
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

  /** Returns whether there was room. Messages that are stored elsewhere count hardly any memory. */
  add(waiting: Waiting, { isKept = false } = {}): boolean {
    const { perQueue, overAll, bytes } = this.#bounds;
    const queue = this.#queues.get(waiting.queue);
    const full =
      this.#count >= overAll || (queue?.length ?? 0) >= perQueue || this.#bytes + waiting.bytes > bytes;
    if ((full && !isKept) || this.#hurry.signal.aborted) return false;
    this.#count += 1;
    this.#bytes += waiting.bytes;
    if (queue !== undefined) {
      queue.push(waiting);
      this.#wakes.get(waiting.queue)?.abort();
      return true;
    }
    const fresh = [waiting];
    this.#queues.set(waiting.queue, fresh);
    const loop = this.#run(waiting.queue, fresh).finally(() => this.#loops.delete(loop));
    this.#loops.add(loop);
    return true;
  }

  /** Accepts no more messages, and resolves when all are sent or after `limitMs`. Returns how many are left. */
  async end(limitMs: number): Promise<number> {
    this.#hurry.abort();
    const timer = setTimeout(() => this.#aborted.abort(new Error('the plugin stops')), limitMs);
    await Promise.all(this.#loops);
    clearTimeout(timer);
    return this.#count;
  }

  /** Never rejects. */
  async #run(name: string, queue: Waiting[]): Promise<void> {
    const { signal } = this.#aborted;
    const { firstPauseMs, longestPauseMs } = this.#bounds;
    const failing = new Map<string, { failures: number; until: number }>();
    const due = ({ callback }: Waiting) => {
      const { until = 0 } = failing.get(callback) ?? {};
      // When the plugin stops, waiting messages get one more try.
      return this.#hurry.signal.aborted ? until !== Number.POSITIVE_INFINITY : until <= performance.now();
    };
    while (queue.length > 0 && !signal.aborted) {
      const waiting = queue.find(due);
      if (waiting === undefined) {
        if (this.#hurry.signal.aborted) return;
        const next = Math.min(...[...failing.values()].map(({ until }) => until));
        await this.#pause(name, next - performance.now());
        continue;
      }
      const { callback } = waiting;
      const result = await this.#turns.run(() => waiting.send(signal), signal).catch(() => 'again' as const);
      if (result === 'done') {
        failing.delete(callback);
        queue.splice(queue.indexOf(waiting), 1);
        this.#count -= 1;
        this.#bytes -= waiting.bytes;
        continue;
      }
      const failures = failing.get(callback)?.failures ?? 0;
      const pause = Math.min(firstPauseMs * 2 ** failures, longestPauseMs);
      const until = this.#hurry.signal.aborted ? Number.POSITIVE_INFINITY : performance.now() + pause;
      failing.set(callback, { failures: failures + 1, until });
    }
    this.#queues.delete(name);
  }

  /** Waits for `ms`, until a message is added, or until the plugin stops. */
  async #pause(name: string, ms: number): Promise<void> {
    const wake = new AbortController();
    this.#wakes.set(name, wake);
    await sleep(Math.max(ms, 0), AbortSignal.any([this.#hurry.signal, wake.signal])).catch(() => {});
    this.#wakes.delete(name);
  }
}
