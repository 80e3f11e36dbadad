import { setTimeout as delay } from 'node:timers/promises';

/** Keeps starts apart: a host on which many VMs start at the same moment has no time for any of them. */
export class Spacing {
  readonly #least: number;
  readonly #most: number;
  #next = 0;

  /** Milliseconds between two starts: a random time from `least` to `most`. */
  constructor(least: number, most: number) {
    this.#least = least;
    this.#most = most;
  }

  /** Waits until the next start may be. Rejects when the signal is aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, this.#next);
    this.#next = at + this.#least + Math.random() * (this.#most - this.#least);
    if (at > now) await delay(at - now, undefined, { signal });
  }
}
