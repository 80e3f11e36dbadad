import { setTimeout as delay } from 'node:timers/promises';
import { retryPause } from '../../models/index.ts';

/** How long answers that mean "later" are waited for in one piece of work, all in all. */
export class Patience {
  readonly #firstPauseMs: number;
  #leftMs: number;
  #spentMs = 0;

  /** `firstPauseMs` is before the first try that follows; later pauses are longer. */
  constructor(limitMs: number, firstPauseMs: number) {
    this.#leftMs = limitMs;
    this.#firstPauseMs = firstPauseMs;
  }

  /** How long was waited so far. */
  get spentMs(): number {
    return this.#spentMs;
  }

  /** Waits before another try, of which `tries` were made again; false when the time is up. Throws the signal's reason. */
  async pause(tries: number, signal: AbortSignal): Promise<boolean> {
    if (this.#leftMs <= 0) return false;
    const ms = Math.min(retryPause(tries) * this.#firstPauseMs, this.#leftMs);
    this.#leftMs -= ms;
    this.#spentMs += ms;
    await delay(ms, undefined, { signal });
    return true;
  }

  /** What is added to an error after waiting; nothing when nothing was waited for. */
  told(): string[] {
    if (this.#spentMs === 0) return [];
    return [`it was tried again for ${Math.round(this.#spentMs / 100) / 10} s (ipmi/retry-time)`];
  }
}
