import { setTimeout as delay } from 'node:timers/promises';
import { retryPause } from '../../models/index.ts';

/** The total time that one piece of work may wait for answers that mean "later". */
export class Patience {
  readonly #firstPauseMs: number;
  #leftMs: number;
  #spentMs = 0;

  /** `firstPauseMs` is the first pause; later ones are longer. */
  constructor(limitMs: number, firstPauseMs: number) {
    this.#leftMs = limitMs;
    this.#firstPauseMs = firstPauseMs;
  }

  /** How long in ms it has waited so far. */
  get spentMs(): number {
    return this.#spentMs;
  }

  /**
   * Waits before the next try, after `tries` repetitions. Returns false when the time is over. Throws the signal's
   * reason.
   */
  async pause(tries: number, signal: AbortSignal): Promise<boolean> {
    if (this.#leftMs <= 0) return false;
    const ms = Math.min(retryPause(tries) * this.#firstPauseMs, this.#leftMs);
    this.#leftMs -= ms;
    this.#spentMs += ms;
    await delay(ms, undefined, { signal });
    return true;
  }

  /** Text to append to an error after waiting; empty without waiting. */
  told(): string[] {
    if (this.#spentMs === 0) return [];
    return [`it was tried again for ${Math.round(this.#spentMs / 100) / 10} s (ipmi/retry-time)`];
  }
}
