import type { Figure } from './figure.ts';

/**
 * The longest bar, as a ratio, of the figures of a section that are over the same thing: they are drawn to one scale,
 * with their goals. Those over something else, a hundred times faster perhaps, have a scale of their own.
 */
export function scaleOf(figures: readonly Figure[], over: string): number {
  const ratios = figures.flatMap(({ ratio }) => (ratio?.over === over ? [ratio] : []));
  return Math.max(...ratios.map(({ value, goal }) => Math.max(value, goal?.most ?? goal?.least ?? 0, 1)));
}
