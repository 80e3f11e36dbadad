/** A datagram whose answer may come at any moment. */
interface Outstanding {
  until: number;
  isOver: boolean;
}

/**
 * Bounds how many answers may come at the same moment: the system keeps so many while this process is busy. An answer that
 * takes longer than `lastsMs` comes at another moment than those of the others, and is not counted.
 */
export class Burst {
  readonly #most: number;
  readonly #lastsMs: number;
  /** In the order of their times. */
  #outstanding: Outstanding[] = [];
  /** How many of those at the front are over. */
  #head = 0;
  #count = 0;
  readonly #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(most: number, lastsMs: number) {
    this.#most = most;
    this.#lastsMs = lastsMs;
  }

  /** Undefined when there is room for one more; else resolves when there may be. */
  room(): Promise<void> | undefined {
    this.#expire();
    if (this.#count < this.#most) return undefined;
    this.#watch();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Wakes who waits when the oldest one is not counted any more. */
  #watch(): void {
    const until = this.#outstanding[this.#head]?.until ?? 0;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#expire();
        this.#wake();
        // A timer may be early by part of a millisecond: then nobody was woken.
        if (this.#waiting.length > 0) this.#watch();
      },
      Math.max(1, Math.ceil(until - performance.now())),
    );
  }

  /** Counts one, until `end`. */
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

  /** Who finds no room waits again. */
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
