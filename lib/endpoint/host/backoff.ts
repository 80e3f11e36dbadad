/** How long to wait before a dead plugin is started again: longer each time, until it has run for a while. */
export class Backoff {
  readonly #first: number;
  readonly #longest: number;
  readonly #reset: number;
  #next: number;

  /** All in milliseconds. */
  constructor(limits: { restartFirst: number; restartLongest: number; restartReset: number }) {
    this.#first = limits.restartFirst;
    this.#longest = limits.restartLongest;
    this.#reset = limits.restartReset;
    this.#next = this.#first;
  }

  /** Milliseconds to wait after a run of `ran` milliseconds. */
  after(ran: number): number {
    if (ran >= this.#reset) this.#next = this.#first;
    const wait = this.#next;
    this.#next = Math.min(wait * 2, this.#longest);
    return wait;
  }
}
