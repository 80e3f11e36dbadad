import type { Metric, Sample } from './exposition.ts';
import { type LabelValues, Series } from './series.ts';

interface Distribution {
  /** How many measurements lie in each bucket: above the previous bound and at most its own. */
  counts: number[];
  sum: number;
  count: number;
}

/** A histogram of measurements for each combination of label values. */
export class Histogram<L extends string = never> implements Metric {
  readonly type = 'histogram';
  readonly name: string;
  readonly help: string;
  readonly samples: () => Sample[];
  readonly #bounds: readonly number[];
  readonly #series: Series<L, Distribution>;

  /** `bounds` are the upper bounds of the buckets in ascending order, without the last bucket, which is unbounded. */
  constructor(name: string, help: string, bounds: readonly number[], labels: LabelValues<L>) {
    this.name = name;
    this.help = help;
    this.#bounds = bounds;
    this.#series = new Series(labels, () => ({ counts: bounds.map(() => 0), sum: 0, count: 0 }));
    this.samples = () => [...this.#series].flatMap(({ labels, state }) => this.#samplesOf(labels, state));
  }

  add(labels: Readonly<Record<L, string>>, measured: number): void {
    const state = this.#series.of(labels);
    const at = this.#bounds.findIndex((bound) => measured <= bound);
    if (at >= 0) state.counts[at] = (state.counts[at] ?? 0) + 1;
    state.sum += measured;
    state.count += 1;
  }

  #samplesOf(labels: Record<string, string>, { counts, sum, count }: Distribution): Sample[] {
    let upTo = 0;
    const buckets = this.#bounds.map((bound, at): Sample => {
      upTo += counts[at] ?? 0;
      return { suffix: '_bucket', labels: { ...labels, le: String(bound) }, value: upTo };
    });
    return [
      ...buckets,
      { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
      { suffix: '_sum', labels, value: sum },
      { suffix: '_count', labels, value: count },
    ];
  }
}
