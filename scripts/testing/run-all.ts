/**
 * Runs all test files with coverage of lib. Those begin first that take longest, which the command line of Node.js cannot be
 * told: a long one that begins last runs alone at the end, on one core. The others share processes (groups.ts).
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { grouped } from './groups.ts';

/** In the order in which they begin. Most of a soak is waiting. */
const LONGEST = [
  'test/soak/load.test.ts',
  'test/tutorial/readme.test.ts',
  'test/build/package.test.ts',
  'test/build/executable.test.ts',
  'test/build/together.test.ts',
  'test/bench/bench.test.ts',
  'test/content-packs/ipmi-tasks.test.ts',
  'test/packet-ipmi/scenario.test.ts',
  'test/slack/scenario.test.ts',
  'test/virtualbox-ipmi/scenario.test.ts',
  'test/bios/workflow.test.ts',
  'test/endpoint/plugins.test.ts',
  'test/endpoint/scale.test.ts',
  'test/faults/plugin-killed.test.ts',
];
const LIMIT_MS = 900_000;

const cwd = join(import.meta.dirname, '..', '..');
const all = globSync('test/**/*.test.ts', { cwd }).sort();
const others = all.filter((file) => !LONGEST.includes(file));
const files = [
  ...LONGEST.filter((file) => all.includes(file)),
  ...grouped(cwd, others, join(cwd, '.build/test-groups')),
];

/** The types of Node.js do not have all of its options. */
const options: Parameters<typeof run>[0] & { coverageIncludeAll: boolean } = {
  files,
  cwd,
  concurrency: 6,
  timeout: LIMIT_MS,
  execArgv: ['--import', join(cwd, 'test/support/coverage.ts')],
  coverage: true,
  coverageIncludeAll: true,
  coverageIncludeGlobs: ['lib/**'],
  lineCoverage: 90,
};
const events = run(options);
events.on('test:fail', () => {
  process.exitCode = 1;
});
events.compose(spec()).pipe(process.stdout);
