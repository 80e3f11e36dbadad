import type { Metric, Sample } from './exposition.ts';
import { type LabelValues, Series } from './series.ts';

/** A counter for each combination of label values. */
export class Counter<L extends string = never> implements Metric {
  readonly type = 'counter';
  readonly name: string;
  readonly help: string;
  readonly samples: () => Sample[];
  readonly #series: Series<L, { count: number }>;

  /** By convention `name` ends in `_total`. A label value that `labels` does not list is counted as `other`. */
  constructor(name: string, help: string, labels: LabelValues<L>) {
    this.name = name;
    this.help = help;
    this.#series = new Series(labels, () => ({ count: 0 }));
    this.samples = () =>
      [...this.#series].map(({ labels, state }) => ({ suffix: '', labels, value: state.count }));
  }

  add(labels: Readonly<Record<L, string>>): void {
    this.#series.of(labels).count += 1;
  }
}
