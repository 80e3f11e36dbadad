import { PluginProcess } from '../measuring/plugin-process.ts';
import { median } from '../measuring/statistics.ts';
import type { Bench } from './bench.ts';
import type { Figure, Section } from './figure.ts';
import { interleaved, ratio } from './interleave.ts';
import { runTime } from './run-time.ts';

const BARE = 'bare';
const DEFINE_GOAL = { most: 1.15 };
const READY_GOAL = { most: 1.3 };

/** Duration of `define`, and of `listen` up to READY!. */
export async function startup(bench: Bench): Promise<Section> {
  const { scratch, providers, others, base, rounds } = bench;
  const define = (file: string) => () => runTime(scratch, file, ['define']);
  const ready = (file: string) => async () => {
    await using plugin = await PluginProcess.start(scratch, [file]);
    return plugin.readyMs;
  };
  const measurements = new Map([[BARE, () => runTime(scratch, base, ['-e', '0'])]]);
  for (const [name, file] of providers) {
    measurements.set(`${name} define`, define(file)).set(`${name} READY!`, ready(file));
    const other = others.get(name);
    if (other === undefined) continue;
    measurements.set(`other ${name} define`, define(other)).set(`other ${name} READY!`, ready(other));
  }
  const times = await interleaved(rounds, measurements);

  const bare = times(BARE);
  const figures: Figure[] = [{ what: 'bare node -e 0', value: median(bare), unit: 'ms' }];
  for (const [what, goal] of [
    ['define', DEFINE_GOAL],
    ['READY!', READY_GOAL],
  ] as const) {
    for (const name of providers.keys()) {
      const own = times(`${name} ${what}`);
      const figure = { what: `${name} ${what}`, value: median(own), unit: 'ms' };
      figures.push({ ...figure, ratio: ratio(own, bare, 'bare node', goal) });
      if (!others.has(name)) continue;
      figures.push({ ...figure, ratio: ratio(own, times(`other ${name} ${what}`), `other ${name}`) });
    }
  }
  return {
    title: 'Start',
    figures,
    notes: [
      `${rounds} rounds. From the start of the process to the end of its output, or to READY!. Bare node is \`node -e 0\` of the base binary that the executables were made from.`,
    ],
  };
}
