/** A caller that waits for an answer. */
export interface Waiting {
  /** By `performance.now()`. */
  readonly until: number;
  readonly signal: AbortSignal;
  /** Called when its time limit has passed. */
  expire(): void;
  /** Called when its signal is aborted. */
  fail(reason: unknown): void;
}

/** Time limits that are close together expire together, at most this many ms late. */
const LATE_MS = 10;

/**
 * Ends waits when their time limit passes or their signal is aborted, with one timer for all waits and one listener per
 * signal. A timer and a listener for each datagram would cost as much as the datagram.
 */
export class Waits {
  readonly #waiting = new Set<Waiting>();
  /** Listeners by signal. Those of signals without waits are removed when the timer fires. */
  readonly #listeners = new Map<AbortSignal, () => void>();
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires, as `performance.now()`. */
  #timerAt = 0;

  add(one: Waiting): void {
    this.#waiting.add(one);
    if (!this.#listeners.has(one.signal)) this.#listen(one.signal);
    if (this.#timer === undefined || one.until < this.#timerAt) this.#endAt(one.until);
    else if (this.#waiting.size === 1) this.#timer.ref();
  }

  delete(one: Waiting): void {
    this.#waiting.delete(one);
    // Only waits keep the process alive. The timer is kept, since the next wait mostly begins before it fires.
    if (this.#waiting.size === 0) this.#timer?.unref();
  }

  #listen(signal: AbortSignal): void {
    const onAbort = () => {
      for (const one of this.#waiting) if (one.signal === signal) one.fail(signal.reason);
    };
    this.#listeners.set(signal, onAbort);
    signal.addEventListener('abort', onAbort);
  }

  #endAt(time: number): void {
    clearTimeout(this.#timer);
    this.#timerAt = time;
    this.#timer = setTimeout(() => this.#end(), Math.max(1, time - performance.now()));
  }

  #end(): void {
    this.#timer = undefined;
    const now = performance.now();
    const used = new Set<AbortSignal>();
    let next = Number.POSITIVE_INFINITY;
    for (const one of this.#waiting) {
      used.add(one.signal);
      // A timer may fire a fraction of a millisecond early.
      if (one.until - now < 1) one.expire();
      else next = Math.min(next, one.until);
    }
    for (const [signal, onAbort] of this.#listeners) {
      if (used.has(signal)) continue;
      this.#listeners.delete(signal);
      signal.removeEventListener('abort', onAbort);
    }
    if (next < Number.POSITIVE_INFINITY) this.#endAt(Math.max(next, now + LATE_MS));
  }
}
