import { globSync } from 'node:fs';
import { grouped } from './groups.ts';
import { SLOW } from './slow.ts';

/** The longest files of both runs, in the order in which they start: first the one that does little but wait. */
const LONG = [
  'test/faults/bmc.test.ts',
  'test/content-packs/ipmi-tasks.test.ts',
  'test/packet-ipmi/scenario.test.ts',
  'test/slack/scenario.test.ts',
  'test/virtualbox-ipmi/scenario.test.ts',
  'test/bios/workflow.test.ts',
  'test/endpoint/plugins.test.ts',
  'test/faults/plugin-killed.test.ts',
  'test/protocol/conformance.test.ts',
  'test/protocol/lifecycle.test.ts',
  'test/drpkit/demo.test.ts',
  'test/inspector/page.test.ts',
];

/** All test files, relative to `root`, or without those of the slow kinds. */
export function testFiles(root: string, { full }: { full: boolean }): string[] {
  const slow = SLOW.flatMap(({ files }) => files);
  return globSync('test/**/*.test.ts', { cwd: root })
    .filter((file) => full || !slow.includes(file))
    .sort();
}

/**
 * The programs to run, each in a process, for all of `files` (relative to `root`). The longest ones come first, which
 * Node.js's command line does not support: a long one that starts last would run alone at the end, on one core. The
 * others share processes, by files that are written to `folder`.
 */
export function planOf(root: string, files: readonly string[], folder: string): string[] {
  // A soak mostly waits.
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
