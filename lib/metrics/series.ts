/** The values that each label may have. */
export type LabelValues<L extends string> = Readonly<Record<L, readonly string[]>>;

/** What a value is counted as that is not among those of its label. */
const OTHER = 'other';

/**
 * What is kept for each combination of label values. Each label has its values named beforehand: whatever callers pass,
 * there are never more series than those make, and nothing else, a secret for instance, gets into the page.
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
