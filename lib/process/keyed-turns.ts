import { Turns } from './turns.ts';

export interface TurnRules {
  /** How many tasks may run at once, over all keys. */
  atOnce: number;
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
export class KeyedTurns {
  readonly #tasks: Turns;
  readonly #rules: TurnRules;
  readonly #keys = new Map<string, { turns: Turns; users: number }>();

  constructor(rules: TurnRules) {
    this.#tasks = new Turns(rules.atOnce);
    this.#rules = rules;
  }

  /** Runs `work` while nobody else works on this key. Throws the errors of the rules, and what `work` throws. */
  async alone<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const entry = this.#keys.get(key) ?? { turns: new Turns(1), users: 0 };
    this.#keys.set(key, entry);
    entry.users += 1;
    try {
      return await this.#inTurn(entry.turns, key, signal, work);
    } finally {
      entry.users -= 1;
      if (entry.users === 0) this.#keys.delete(key);
    }
  }

  /** Runs one of the tasks whose number is bounded. Throws as `alone` does. */
  task<T>(key: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    return this.#inTurn(this.#tasks, key, signal, task);
  }

  async #inTurn<T>(turns: Turns, key: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    const { waitLimitMs, cancelled, late } = this.#rules;
    const patience = AbortSignal.timeout(waitLimitMs);
    try {
      await turns.take(AbortSignal.any([signal, patience]));
    } catch {
      throw signal.aborted ? cancelled(key, signal) : late(key, waitLimitMs);
    }
    try {
      return await task();
    } finally {
      turns.give();
    }
  }
}
