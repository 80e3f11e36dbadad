import { TimeLimit } from '../models/index.ts';
import { Semaphore } from './semaphore.ts';

export interface KeyedQueueRules {
  /** How many tasks may run at once, over all keys. */
  atOnce: number;
  /**
   * Tasks that wait for somebody else rather than work: who has run for `afterMs` lets the next task run, while no more
   * than `atOnce` do so. Without it nobody does.
   */
  slow?: { afterMs: number; atOnce: number };
  /** How long a wait for a turn of either kind may be. */
  waitLimitMs: number;
  /** The error for who waits for `key` when the signal is aborted. */
  cancelled(key: string, signal: AbortSignal): Error;
  /** The error for who has waited for `key` up to the limit. */
  late(key: string, waitLimitMs: number): Error;
}

/**
 * Who may work on what, and when: work on one key is done one after the other, work on different keys at the same time,
 * while the number of tasks within all work is bounded.
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

  /** Runs `work` while nobody else works on this key. Throws the errors of the rules, and what `work` throws. */
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
   * Runs one of the tasks whose number is bounded; one that is `expected` to be slow takes a turn among the slow ones from
   * the start. Throws as `alone` does.
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
      // Of the two turns that it has now, the other one is for the next task.
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
    // Mostly one is free, and signals cost more than the rest.
    if (!signal.aborted && turns.tryTake()) return;
    using patience = new TimeLimit(waitLimitMs);
    try {
      await turns.take(AbortSignal.any([signal, patience.signal]));
    } catch {
      throw signal.aborted ? cancelled(key, signal) : late(key, waitLimitMs);
    }
  }
}
