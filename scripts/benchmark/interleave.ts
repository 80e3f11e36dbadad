import { median } from '../measuring/statistics.ts';
import type { Goal, Ratio } from './figure.ts';

/**
 * Takes several measurements by turns, once each in every round and in the opposite order in every second one, so that
 * what the machine does meanwhile falls on all of them alike. A first round warms up and does not count, unless that is
 * not wanted. Returns the values of each, one for every round.
 */
export async function interleaved<T>(
  rounds: number,
  measurements: ReadonlyMap<string, () => Promise<T>>,
  { warmUp = true } = {},
): Promise<(name: string) => T[]> {
  const values = new Map<string, T[]>();
  const forwards = [...measurements];
  const backwards = forwards.toReversed();
  for (let round = warmUp ? 0 : 1; round <= rounds; round += 1) {
    for (const [name, measure] of round % 2 === 0 ? forwards : backwards) {
      const value = await measure();
      if (round > 0) values.set(name, [...(values.get(name) ?? []), value]);
    }
  }
  return (name) => values.get(name) ?? [];
}

/** The median of the ratios of values that were taken in the same rounds. */
export function ratio(
  values: readonly number[],
  others: readonly number[],
  over: string,
  goal?: Goal,
): Ratio {
  const ratios = values.map((value, round) => value / (others[round] ?? Number.NaN));
  return { value: median(ratios), over, ...(goal === undefined ? {} : { goal }) };
}
