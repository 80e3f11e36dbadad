/** A datagram whose answer may arrive at any moment. */
interface Outstanding {
  until: number;
  isOver: boolean;
}

/**
 * Limits how many answers can arrive while this process is busy, as the system buffers only so many. Answers that take
 * longer than `lastsMs` arrive at scattered times and are not counted.
 */
export class Burst {
  readonly #most: number;
  readonly #lastsMs: number;
  /** Ordered by time. */
  #outstanding: Outstanding[] = [];
  /** How many of those at the front are done. */
  #head = 0;
  #count = 0;
  readonly #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(most: number, lastsMs: number) {
    this.#most = most;
    this.#lastsMs = lastsMs;
  }

  /** Undefined when one more is allowed; else resolves when one may be allowed. */
  room(): Promise<void> | undefined {
    this.#expire();
    if (this.#count < this.#most) return undefined;
    this.#watch();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Wakes waiting callers when the oldest one is no longer counted. */
  #watch(): void {
    const until = this.#outstanding[this.#head]?.until ?? 0;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#expire();
        this.#wake();
        // A timer may fire a fraction of a millisecond early and wake no one.
        if (this.#waiting.length > 0) this.#watch();
      },
      Math.max(1, Math.ceil(until - performance.now())),
    );
  }

  /** Counts a datagram until `end`. */
  begin(): Outstanding {
    const one = { until: performance.now() + this.#lastsMs, isOver: false };
    this.#outstanding.push(one);
    this.#count += 1;
    return one;
  }

  end(one: Outstanding): void {
    if (one.isOver) return;
    one.isOver = true;
    this.#count -= 1;
    this.#wake();
  }

  /** Callers that find no room wait again. */
  #wake(): void {
    const free = this.#most - this.#count;
    for (const resolve of this.#waiting.splice(0, free)) resolve();
  }

  #expire(): void {
    const now = performance.now();
    for (
      let first = this.#outstanding[this.#head];
      first !== undefined;
      first = this.#outstanding[this.#head]
    ) {
      if (!first.isOver && first.until > now) break;
      if (!first.isOver) this.#count -= 1;
      first.isOver = true;
      this.#head += 1;
    }
    if (this.#head < 1_000) return;
    this.#outstanding = this.#outstanding.slice(this.#head);
    this.#head = 0;
  }
}
