/**
 * Runs all test files except the slow kinds (slow.ts); with `--full` all of them, with coverage of lib, which slows
 * down every process. With file arguments, runs those.
 */
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { QUICK_START } from '../../test/support/quick-start.ts';
import { withLightIpmitool } from './ipmitool.ts';
import { planOf, testFiles } from './plan.ts';
import { SLOW } from './slow.ts';

const LIMIT_MS = 900_000;

const { values, positionals } = parseArgs({
  options: { full: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const cwd = join(import.meta.dirname, '..', '..');
const chosen = positionals.length > 0 ? positionals : testFiles(cwd, values);
// The processes of the tests have it from here.
process.env.PATH = await withLightIpmitool(join(cwd, '.build/test-programs'), process.env.PATH ?? '');
const own = process.env.NODE_OPTIONS ?? '';
Object.assign(process.env, QUICK_START, { NODE_OPTIONS: `${own} ${QUICK_START.NODE_OPTIONS}`.trim() });

/** The types of Node.js do not have all of its options. */
const options: Parameters<typeof run>[0] & { coverageIncludeAll?: boolean } = {
  files: planOf(cwd, chosen, join(cwd, '.build/test-groups')),
  cwd,
  // On two cores: most files wait half of the time. With four a twelfth of the CPU time is idle, with five a thirtieth.
  concurrency: 5,
  timeout: LIMIT_MS,
};
if (values.full) {
  Object.assign(options, {
    execArgv: ['--import', join(cwd, 'test/support/coverage.ts')],
    coverage: true,
    coverageIncludeAll: true,
    coverageIncludeGlobs: ['lib/**'],
    lineCoverage: 90,
  });
}
const events = run(options);
events.on('test:fail', () => {
  process.exitCode = 1;
});
for await (const text of events.compose(spec())) process.stdout.write(text);
if (positionals.length === 0 && !values.full) {
  console.log(`Left to scripts/test --full: ${SLOW.map(({ kind }) => kind).join(', ')}, and coverage.`);
}
