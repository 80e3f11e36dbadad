import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeWhenChanged } from '../../lib/content/index.ts';
import { versionOf } from '../../lib/project/index.ts';
import { REPORT, typesReport } from './report.ts';
import { changesOf, lastRelease } from './step.ts';

const usage = `usage: scripts/public-types [--check]

Writes ${REPORT}, the public types of the package, and says what has changed in them since the last release.

  --check   write nothing; fail when the report is not as the sources have it
`;

const root = join(import.meta.dirname, '..', '..');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { check: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return void process.stdout.write(usage);
  const report = await typesReport(root);
  const file = join(root, REPORT);
  const before = await readFile(file, 'utf8').catch(() => '');
  for (const line of difference(before, report)) console.log(line);
  if (values.check && before !== report) {
    throw new Error(
      `${REPORT} is not as the sources have it: run scripts/public-types, look at the difference, commit it`,
    );
  }
  if (!values.check && (await writeWhenChanged(file, report))) console.log(`wrote ${REPORT}`);
  const last = await lastRelease(root, await versionOf(root));
  if (last === undefined) return console.log('There is no release with a report before this one');
  const { removed, added, step } = changesOf(last.report, report);
  console.log(
    `Since ${last.version}: ${removed.length} lines gone or changed, ${added.length} new: the next version is a ${step} one at least`,
  );
}

function difference(before: string, after: string): string[] {
  const { removed, added } = changesOf(before, after);
  return [...removed.map((line) => `- ${line}`), ...added.map((line) => `+ ${line}`)].slice(0, 40);
}

main().catch((error: unknown) => {
  process.exitCode = 1;
  console.error(`scripts/public-types: ${error instanceof Error ? error.message : String(error)}`);
});
