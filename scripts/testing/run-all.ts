/**
 * Runs all test files with coverage of lib. Those begin first that take longest, which the command line of Node.js cannot be
 * told: a long one that begins last runs alone at the end, on one core.
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** In the order in which they begin. Most of a soak is waiting. */
const LONGEST = [
  'test/soak/minute.test.ts',
  'test/tutorial/readme.test.ts',
  'test/build/executable.test.ts',
  'test/build/together.test.ts',
  'test/bench/bench.test.ts',
  'test/content-packs/ipmi-tasks.test.ts',
  'test/packet-ipmi/scenario.test.ts',
  'test/slack/scenario.test.ts',
  'test/virtualbox-ipmi/scenario.test.ts',
  'test/endpoint/plugins.test.ts',
  'test/endpoint/scale.test.ts',
  'test/faults/plugin-killed.test.ts',
];
const LIMIT_MS = 600_000;

const cwd = join(import.meta.dirname, '..', '..');
const all = globSync('test/**/*.test.ts', { cwd }).sort();
const files = [
  ...LONGEST.filter((file) => all.includes(file)),
  ...all.filter((file) => !LONGEST.includes(file)),
];

/** The types of Node.js do not have all of its options. */
const options: Parameters<typeof run>[0] & { coverageIncludeAll: boolean } = {
  files,
  cwd,
  concurrency: 4,
  timeout: LIMIT_MS,
  execArgv: ['--import', join(cwd, 'test/support/coverage.ts')],
  coverage: true,
  coverageIncludeAll: true,
  coverageIncludeGlobs: ['lib/**'],
  // It runs in a browser, which does not tell.
  coverageExcludeGlobs: ['lib/inspector/page/**'],
  lineCoverage: 90,
};
const events = run(options);
events.on('test:fail', () => {
  process.exitCode = 1;
});
events.compose(spec()).pipe(process.stdout);
