/** The middle of the values; NaN for an empty list. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which a share of `part` (0 to 1) of the values lies; NaN for an empty list. */
export function quantile(values: Iterable<number>, part: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** A regression line and its errors. */
export interface Line {
  /** Per unit of x. */
  slope: number;
  /** Standard error of the slope. */
  slopeError: number;
  mean: number;
}

/** The least-squares line through points. All zero for fewer than three. */
export function leastSquares(points: readonly (readonly [x: number, y: number])[]): Line {
  const count = points.length;
  if (count < 3) return { slope: 0, slopeError: 0, mean: points[0]?.[1] ?? 0 };
  const meanX = sum(points.map(([x]) => x)) / count;
  const mean = sum(points.map(([, y]) => y)) / count;
  const spreadX = sum(points.map(([x]) => (x - meanX) ** 2));
  if (spreadX === 0) return { slope: 0, slopeError: 0, mean };
  const slope = sum(points.map(([x, y]) => (x - meanX) * (y - mean))) / spreadX;
  const residuals = sum(points.map(([x, y]) => (y - mean - slope * (x - meanX)) ** 2));
  return { slope, slopeError: Math.sqrt(residuals / (count - 2) / spreadX), mean };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
