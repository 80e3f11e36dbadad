import { TimeLimit } from '../models/index.ts';
import { Semaphore } from './semaphore.ts';

export interface KeyedQueueRules {
  /** How many tasks may run at once, over all keys. */
  atOnce: number;
  /**
   * For tasks that mostly wait: one that has run for `afterMs` no longer counts in the other limit, while at most
   * `atOnce` such tasks run. Default: no such tasks.
   */
  slow?: { afterMs: number; atOnce: number };
  /** How long in ms a caller may wait for a turn. */
  waitLimitMs: number;
  /** The error for a caller whose signal is aborted while it waits for `key`. */
  cancelled(key: string, signal: AbortSignal): Error;
  /** The error for a caller that has waited for `key` up to the limit. */
  late(key: string, waitLimitMs: number): Error;
}

/**
 * Runs work on one key sequentially and work on different keys in parallel, with a limit for the number of tasks inside
 * of all work.
 */
export class KeyedQueue {
  readonly #tasks: Semaphore;
  readonly #slow: Semaphore;
  readonly #rules: KeyedQueueRules;
  readonly #keys = new Map<string, { turns: Semaphore; users: number }>();

  constructor(rules: KeyedQueueRules) {
    this.#tasks = new Semaphore(rules.atOnce);
    this.#slow = new Semaphore(rules.slow?.atOnce ?? 0);
    this.#rules = rules;
  }

  /** Runs `work` with exclusive access to this key. Throws the errors of the rules, and what `work` throws. */
  async alone<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const entry = this.#keys.get(key) ?? { turns: new Semaphore(1), users: 0 };
    this.#keys.set(key, entry);
    entry.users += 1;
    try {
      await this.#take(entry.turns, key, signal);
      try {
        return await work();
      } finally {
        entry.turns.give();
      }
    } finally {
      entry.users -= 1;
      if (entry.users === 0) this.#keys.delete(key);
    }
  }

  /**
   * Runs a task that counts in the limit. A task that is `expected` to be slow counts among the slow ones from the
   * start. Throws like `alone`.
   */
  async task<T>(key: string, signal: AbortSignal, task: () => Promise<T>, expected?: 'slow'): Promise<T> {
    const { slow } = this.#rules;
    let taken = slow !== undefined && expected === 'slow' ? this.#slow : this.#tasks;
    await this.#take(taken, key, signal);
    const ended = new AbortController();
    const yieldTurn = async () => {
      try {
        await this.#slow.take(ended.signal);
      } catch {
        return;
      }
      // It holds two turns now: the other one is given to the next task.
      const other = ended.signal.aborted ? this.#slow : this.#tasks;
      taken = this.#slow;
      other.give();
    };
    const timer =
      slow === undefined || taken === this.#slow ? undefined : setTimeout(yieldTurn, slow.afterMs);
    try {
      return await task();
    } finally {
      clearTimeout(timer);
      ended.abort();
      taken.give();
    }
  }

  async #take(turns: Semaphore, key: string, signal: AbortSignal): Promise<void> {
    const { waitLimitMs, cancelled, late } = this.#rules;
    // Avoids the cost of signals in the common case of a free turn.
    if (!signal.aborted && turns.tryTake()) return;
    using patience = new TimeLimit(waitLimitMs);
    try {
      await turns.take(AbortSignal.any([signal, patience.signal]));
    } catch {
      throw signal.aborted ? cancelled(key, signal) : late(key, waitLimitMs);
    }
  }
}
