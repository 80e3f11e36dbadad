import { join } from 'node:path';
import { median } from '../measuring/statistics.ts';
import type { Bench } from './bench.ts';
import type { Figure, Section } from './figure.ts';
import { interleaved, ratio } from './interleave.ts';
import { runTime } from './run-time.ts';

const BARE = 'bare';
const START_GOAL = { most: 1.25 };
/** Three times what drpcli took for one (17.6 ms), on a machine on which bare Node.js takes 28 ms. */
const BUNDLE_GOAL = { most: 1.9 };
const root = join(import.meta.dirname, '..', '..');

/** Start time of drpkit from a checkout and as an executable, and the time to bundle a small content pack. */
export async function drpkit(bench: Bench): Promise<Section> {
  const { scratch, executables, base, rounds } = bench;
  const programs = new Map([['scripts/drpkit', join(root, 'scripts', 'drpkit')]]);
  const executable = executables.get('drpkit');
  if (executable !== undefined) programs.set('drpkit', executable);
  const bundle = ['contents', 'bundle', 'pack.yaml', '--dir', join(root, 'content', 'incrementer')];
  const commands = [
    { what: 'contents --help', args: ['contents', '--help'], goal: START_GOAL },
    { what: 'machines list --help', args: ['machines', 'list', '--help'], goal: START_GOAL },
    { what: 'contents bundle, a small pack', args: bundle, goal: BUNDLE_GOAL },
  ];

  const measurements = new Map([[BARE, () => runTime(scratch, base, ['-e', '0'])]]);
  for (const [program, file] of programs) {
    for (const { what, args } of commands) {
      measurements.set(`${program} ${what}`, () => runTime(scratch, file, args));
    }
  }
  const times = await interleaved(rounds, measurements);
  const bare = times(BARE);
  const figures: Figure[] = [{ what: 'bare node -e 0', value: median(bare), unit: 'ms' }];
  for (const program of programs.keys()) {
    for (const { what, goal } of commands) {
      const own = times(`${program} ${what}`);
      figures.push({
        what: `${program} ${what}`,
        value: median(own),
        unit: 'ms',
        ratio: ratio(own, bare, 'bare node', goal),
      });
    }
  }
  return {
    title: 'Start of drpkit',
    figures,
    notes: [
      `${rounds} rounds. Up to the help of a command is what all commands have in common. A command that talks to an endpoint then loads what HTTPS needs, which alone takes as long as bare node.`,
    ],
  };
}
