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
    why: 'all providers under load and faults for 45 seconds',
    files: ['test/soak/load.test.ts'],
  },
  {
    kind: 'benchmark',
    why: 'every measurement once: more than a minute',
    files: ['test/bench/bench.test.ts'],
  },
  {
    kind: 'builds',
    why: 'makes executables of its own, some twice or for other machines',
    files: ['test/build/executable.test.ts', 'test/build/together.test.ts'],
  },
  {
    kind: 'npm package',
    why: 'compiles all of the kit, installs it by npm, and builds a project with it',
    files: ['test/build/package.test.ts'],
  },
  {
    kind: 'tutorial',
    why: 'installs, tests and builds the project that the README makes',
    files: ['test/tutorial/readme.test.ts'],
  },
];
