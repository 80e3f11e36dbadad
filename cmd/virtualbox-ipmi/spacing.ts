import { setTimeout as delay } from 'node:timers/promises';

/** Keeps starts apart: many VMs that start at the same moment overload the host. */
export class Spacing {
  readonly #least: number;
  readonly #most: number;
  #next = 0;

  /** Pause between two starts: a random number of ms from `least` to `most`. */
  constructor(least: number, most: number) {
    this.#least = least;
    this.#most = most;
  }

  /** Waits for the next start. Rejects when the signal is aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, this.#next);
    this.#next = at + this.#least + Math.random() * (this.#most - this.#least);
    if (at > now) await delay(at - now, undefined, { signal });
  }
}
