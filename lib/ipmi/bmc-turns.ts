import { abortError } from './child-failure.ts';
import { refusal } from './refusal.ts';
import { Turns } from './turns.ts';

/**
 * Who may talk to which BMC when. Work on one BMC is done one after the other, since BMCs have few sessions and forget
 * boot options when asked across each other; different BMCs do not wait for each other, up to a bound on children.
 */
export class BmcTurns {
  readonly #children: Turns;
  readonly #waitLimitMs: number;
  readonly #bmcs = new Map<string, { turns: Turns; users: number }>();

  /** `maxChildren` processes may run at once. A wait for a turn of either kind has a limit. */
  constructor(maxChildren: number, waitLimitMs: number) {
    this.#children = new Turns(maxChildren);
    this.#waitLimitMs = waitLimitMs;
  }

  /**
   * Runs `work` while nobody else works on the BMC of this name. Throws ModelError 503 after an abort or when earlier
   * work takes too long, and what `work` throws.
   */
  async withBmc<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const entry = this.#bmcs.get(name) ?? { turns: new Turns(1), users: 0 };
    this.#bmcs.set(name, entry);
    entry.users += 1;
    try {
      return await this.#inTurn(entry.turns, name, signal, work);
    } finally {
      entry.users -= 1;
      if (entry.users === 0) this.#bmcs.delete(name);
    }
  }

  /** Runs `task`, which starts one child. Throws as `withBmc` does. */
  child<T>(name: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    return this.#inTurn(this.#children, name, signal, task);
  }

  async #inTurn<T>(turns: Turns, name: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    const patience = AbortSignal.timeout(this.#waitLimitMs);
    try {
      await turns.take(AbortSignal.any([signal, patience]));
    } catch {
      if (signal.aborted) throw abortError(name, signal);
      throw refusal(503, `BMC ${name}: earlier calls were not done after ${this.#waitLimitMs / 1000} s`);
    }
    try {
      return await task();
    } finally {
      turns.give();
    }
  }
}
