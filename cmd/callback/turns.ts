/** How many objects are remembered. */
const REMEMBERED = 10_000;

/** Tells an event by which something becomes so from those which tell of it once more. */
export class Turns {
  /** What was so of objects, the latest last. */
  readonly #last = new Map<string, boolean>();

  last(key: string): boolean | undefined {
    return this.#last.get(key);
  }

  /** Whether it becomes so now. `before` is what was so before the event, where that is known. */
  turns(key: string, now: boolean, before: boolean | undefined): boolean {
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
