import { globSync } from 'node:fs';
import { grouped } from './groups.ts';
import { SLOW } from './slow.ts';

/** Of those that are in both runs, in the order in which they begin. */
const LONG = [
  'test/content-packs/ipmi-tasks.test.ts',
  'test/packet-ipmi/scenario.test.ts',
  'test/slack/scenario.test.ts',
  'test/virtualbox-ipmi/scenario.test.ts',
  'test/bios/workflow.test.ts',
  'test/endpoint/plugins.test.ts',
  'test/endpoint/scale.test.ts',
  'test/faults/plugin-killed.test.ts',
];

/** All test files, relative to `root`, or without those of the slow kinds. */
export function testFiles(root: string, { full }: { full: boolean }): string[] {
  const slow = SLOW.flatMap(({ files }) => files);
  return globSync('test/**/*.test.ts', { cwd: root })
    .filter((file) => full || !slow.includes(file))
    .sort();
}

/**
 * What to run, each in a process, so that all of `files` (relative to `root`) are run. Those come first that take longest,
 * which the command line of Node.js cannot be told: a long one that begins last runs alone at the end, on one core. The others
 * share processes, by files that are written to `folder`.
 */
export function planOf(root: string, files: readonly string[], folder: string): string[] {
  // Most of a soak is waiting.
  const long = [...SLOW.flatMap((kind) => kind.files), ...LONG].filter((file) => files.includes(file));
  return [
    ...long,
    ...grouped(
      root,
      files.filter((file) => !long.includes(file)),
      folder,
    ),
  ];
}
