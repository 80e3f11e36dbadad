/** Pauses before a dead plugin is restarted. They grow until the plugin has run long enough. */
export class Backoff {
  readonly #first: number;
  readonly #longest: number;
  readonly #reset: number;
  #next: number;

  /** All limits in ms. */
  constructor(limits: { restartFirst: number; restartLongest: number; restartReset: number }) {
    this.#first = limits.restartFirst;
    this.#longest = limits.restartLongest;
    this.#reset = limits.restartReset;
    this.#next = this.#first;
  }

  /** The pause in ms after a run of `ran` ms. */
  after(ran: number): number {
    if (ran >= this.#reset) this.#next = this.#first;
    const wait = this.#next;
    this.#next = Math.min(wait * 2, this.#longest);
    return wait;
  }
}
