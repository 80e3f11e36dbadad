/** Tests of one kind that `scripts/test --full` runs and `scripts/test` leaves out. */
interface SlowKind {
  kind: string;
  why: string;
  files: readonly string[];
}

/** The only list of slow tests. All other test files are in both runs. */
export const SLOW: readonly SlowKind[] = [
  {
    kind: 'soak',
    why: 'all providers under load and faults for 45 seconds, and ipmi by each transport',
    files: ['test/soak/load.test.ts', 'test/soak/slope.test.ts'],
  },
  {
    kind: 'scale',
    why: 'tens of thousands of objects, and machines by the hundred whose agents run tasks',
    files: ['test/endpoint/scale.test.ts', 'test/agent/fleet.test.ts'],
  },
  {
    kind: 'benchmark',
    why: 'every measurement once: more than a minute',
    files: ['test/bench/bench.test.ts'],
  },
  {
    kind: 'builds',
    why: 'make executables or archives, again and again or for other machines, or want one of each provider, not one of all',
    files: [
      'test/build/executable.test.ts',
      'test/build/together.test.ts',
      'test/drpkit/start.test.ts',
      'test/protocol/any-name.test.ts',
      'test/security/bill.test.ts',
    ],
  },
  {
    kind: 'npm package',
    why: 'compiles all of the kit, installs it by npm, and builds a project with it',
    files: ['test/build/package.test.ts'],
  },
  {
    kind: 'new projects',
    why: 'install, compile, test and build projects made from the templates and by the README',
    files: ['test/tutorial/readme.test.ts', 'test/drpkit/new.test.ts'],
  },
];
