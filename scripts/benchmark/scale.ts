import type { Figure } from './figure.ts';

/**
 * The longest bar, as a ratio, among the figures of a section with the same reference: they share a scale with their
 * goals. Figures with another reference, which may be a hundred times faster, have their own scale.
 */
export function scaleOf(figures: readonly Figure[], over: string): number {
  const ratios = figures.flatMap(({ ratio }) => (ratio?.over === over ? [ratio] : []));
  return Math.max(...ratios.map(({ value, goal }) => Math.max(value, goal?.most ?? goal?.least ?? 0, 1)));
}
