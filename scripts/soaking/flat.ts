import { leastSquares } from '../measuring/statistics.ts';

/** A value at a time, in seconds. */
export type Sample = readonly [time: number, value: number];

/** Whether a series is constant. */
export interface Trend {
  flat: boolean;
  mean: number;
  /** Growth from the first to the last value of the regression line. */
  growth: number;
  /** The part of the growth that can be chance. */
  noise: number;
}

/** Growth above this many standard errors is significant. */
const SURE = 3;
/** The fraction at the start in which caches fill and code is compiled. */
const WARM_UP = 0.25;

/**
 * Fits a line to a series without its start. The series is flat when its growth is below its scatter, or below what a
 * line can show by chance through samples with a resolution of `allowance`: the fewer samples, the more.
 */
export function trend(samples: readonly Sample[], allowance: number): Trend {
  const settled = samples.slice(Math.ceil(samples.length * WARM_UP));
  const span = (settled.at(-1)?.[0] ?? 0) - (settled[0]?.[0] ?? 0);
  const { slope, slopeError, mean } = leastSquares(settled);
  const growth = slope * span;
  const noise = SURE * slopeError * span;
  // The standard error of the growth of a line through `count` equidistant samples.
  const count = settled.length;
  const coarse = allowance * Math.sqrt((12 * (count - 1)) / (count * (count + 1)));
  return { flat: growth <= Math.max(noise, coarse), mean, growth, noise };
}
