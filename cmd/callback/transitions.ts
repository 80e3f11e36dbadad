/** Limit for remembered objects. */
const REMEMBERED = 10_000;

/** Detects the events by which conditions of objects become true. Later events with the same state do not count. */
export class Transitions {
  /** The last state of each object, the most recent last. */
  readonly #last = new Map<string, boolean>();

  last(key: string): boolean | undefined {
    return this.#last.get(key);
  }

  /** Whether the condition becomes true now. `before` is the state before the event, if known. */
  becomesTrue(key: string, now: boolean, before: boolean | undefined): boolean {
    const was = before ?? this.#last.get(key) ?? false;
    this.#last.delete(key);
    this.#last.set(key, now);
    const [oldest] = this.#last.keys();
    if (this.#last.size > REMEMBERED && oldest !== undefined) this.#last.delete(oldest);
    return now && !was;
  }

  forget(key: string): void {
    this.#last.delete(key);
  }
}
