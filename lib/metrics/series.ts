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
    const labels: Record<L, string> = { ...given };
    for (const name in this.#allowed) if (!this.#allowed[name].includes(given[name])) labels[name] = OTHER;
    const key = JSON.stringify(Object.values(labels));
    const there = this.#kept.get(key) ?? { labels, state: this.#fresh() };
    this.#kept.set(key, there);
    return there.state;
  }

  [Symbol.iterator](): Iterator<{ labels: Record<L, string>; state: T }> {
    return this.#kept.values();
  }
}
