import { median } from '../measuring/statistics.ts';
import type { Goal, Ratio } from './figure.ts';

/**
 * Runs several measurements alternately, in reverse order in every second round, so that other load affects all of them
 * equally. A first warm-up round does not count, unless it is turned off. Returns the values of each, one per round.
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
