import { leastSquares } from '../measuring/statistics.ts';

/** A value at a time, in seconds. */
export type Sample = readonly [time: number, value: number];

/** Whether a series stays where it is. */
export interface Trend {
  flat: boolean;
  mean: number;
  /** By how much the series grows from the beginning to the end, by the line that fits best. */
  growth: number;
  /** How much of it may be chance. */
  noise: number;
}

/** A growth of so many standard errors is no chance. */
const SURE = 3;
/** At the beginning caches fill and code is compiled. */
const WARM_UP = 0.25;

/**
 * Fits a line to a series, its beginning left out. It is flat when it grows no more than it is scattered, or than a line
 * may by chance through samples that are each as coarse as `allowance`: the fewer, the more.
 */
export function trend(samples: readonly Sample[], allowance: number): Trend {
  const settled = samples.slice(Math.ceil(samples.length * WARM_UP));
  const span = (settled.at(-1)?.[0] ?? 0) - (settled[0]?.[0] ?? 0);
  const { slope, slopeError, mean } = leastSquares(settled);
  const growth = slope * span;
  const noise = SURE * slopeError * span;
  // The standard error of the growth of a line through so many samples at equal distances.
  const count = settled.length;
  const coarse = allowance * Math.sqrt((12 * (count - 1)) / (count * (count + 1)));
  return { flat: growth <= Math.max(noise, coarse), mean, growth, noise };
}
