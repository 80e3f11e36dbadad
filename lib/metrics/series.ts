/** The allowed values of each label. */
export type LabelValues<L extends string> = Readonly<Record<L, readonly string[]>>;

/** Replaces label values that are not allowed. */
const OTHER = 'other';

/**
 * Keeps a T for each combination of label values. Labels have fixed sets of values: whatever callers pass, the number
 * of series is bounded, and no other text, such as a secret, reaches the page.
 */
export class Series<L extends string, T> {
  readonly #allowed: LabelValues<L>;
  readonly #fresh: () => T;
  readonly #kept = new Map<string, { labels: Record<L, string>; state: T }>();

  constructor(allowed: LabelValues<L>, fresh: () => T) {
    this.#allowed = allowed;
    this.#fresh = fresh;
  }

  of(given: Readonly<Record<L, string>>): T {
    let key = '';
    for (const name in this.#allowed) key += `${this.#countedAs(name, given)}\n`;
    const there = this.#kept.get(key);
    if (there !== undefined) return there.state;
    const labels: Record<L, string> = { ...given };
    for (const name in this.#allowed) labels[name] = this.#countedAs(name, given);
    const fresh = { labels, state: this.#fresh() };
    this.#kept.set(key, fresh);
    return fresh.state;
  }

  #countedAs(name: L, given: Readonly<Record<L, string>>): string {
    return this.#allowed[name].includes(given[name]) ? given[name] : OTHER;
  }

  [Symbol.iterator](): Iterator<{ labels: Record<L, string>; state: T }> {
    return this.#kept.values();
  }
}
