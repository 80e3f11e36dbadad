import type { SoakReport } from './soak.ts';

/** The report for people. */
export function reportText(report: SoakReport): string {
  const { minutes, calls, faults, processes, acknowledged, slackMessages, problems } = report;
  const rows = [
    ['calls', 'done', 'refused', 'unanswered', 'slowest'],
    ...Object.entries(calls).map(([kind, { done, refused, unanswered, slowest }]) => [
      kind,
      String(done),
      Object.entries(refused)
        .map(([status, times]) => `${times} x ${status}`)
        .join(', '),
      String(unanswered.length),
      `${slowest.toFixed(2)} s`,
    ]),
  ];
  const usage = [
    ['processes', 'private dirty', 'growth', '+-', 'descriptors', 'growth', '+-'],
    ...processes.map(({ name, memory, descriptors }) => [
      name,
      `${(memory.mean / 1e6).toFixed(1)} MB`,
      `${(memory.growth / 1e6).toFixed(1)} MB`,
      `${(memory.noise / 1e6).toFixed(1)} MB`,
      descriptors.mean.toFixed(1),
      descriptors.growth.toFixed(1),
      descriptors.noise.toFixed(1),
    ]),
  ];
  const struck = Object.entries(faults).map(([name, times]) => `${name} (${times})`);
  const verdict =
    problems.length === 0
      ? `passed: ${minutes} minutes`
      : `FAILED:\n${problems.map((line) => `  ${line}`).join('\n')}`;
  return [
    ...aligned(rows),
    '',
    ...aligned(usage),
    '',
    `faults: ${struck.join(', ')}`,
    `writes: ${acknowledged} acknowledged; messages in Slack: ${slackMessages}`,
    verdict,
    '',
  ].join('\n');
}

function aligned(rows: readonly string[][]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(width(column)))
      .join('  ')
      .trimEnd(),
  );
}
