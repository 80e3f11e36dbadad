import type { Finding } from './conformance.ts';

const OUTCOMES = ['held', 'broken', 'not applicable'] as const;
const WIDTH = Math.max(...OUTCOMES.map(({ length }) => length));

/** A finding as a table row: the result and, unless the check passed, the reason and source. */
export function findingText({ outcome, id, what, source, why }: Finding): string {
  const indent = ' '.repeat(WIDTH + 2);
  const row = `${outcome.padEnd(WIDTH)}  ${id}: ${what}`;
  if (outcome === 'held') return row;
  const lines = outcome === 'broken' ? [`seen: ${why}`, `source: ${source}`] : [`${why}`];
  return [row, ...lines.map((line) => indent + line.replaceAll('\n', `\n${indent}`))].join('\n');
}

/** The number of findings for each outcome. */
export function summaryText(findings: readonly Finding[]): string {
  const counts = OUTCOMES.map((outcome) => {
    return `${findings.filter((finding) => finding.outcome === outcome).length} ${outcome}`;
  });
  return counts.join(', ');
}
