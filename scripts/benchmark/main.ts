import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { builtExecutables, executablesIn, providersAmong, versionSaid } from '../measuring/executables.ts';
import { exitOnSignals, Scratch } from '../measuring/scratch.ts';
import { baseFor } from '../packaging/base.ts';
import { nativeTarget } from '../packaging/target.ts';
import { agent } from './agent.ts';
import type { Bench } from './bench.ts';
import { devLoop } from './dev-loop.ts';
import { discovery } from './discovery.ts';
import { drpkit } from './drpkit.ts';
import { events } from './events.ts';
import type { Section } from './figure.ts';
import { fleet } from './fleet.ts';
import { ipmi } from './ipmi.ts';
import { describeMachine } from './machine.ts';
import { memoryAtRest } from './memory.ts';
import { page } from './page.ts';
import type { Report } from './report.ts';
import { roundTrips } from './round-trips.ts';
import { size } from './size.ts';
import { startup } from './startup.ts';
import { svg } from './svg.ts';
import { table } from './table.ts';
import { templates } from './templates.ts';
import { underLoad } from './under-load.ts';

const root = join(import.meta.dirname, '..', '..');

const SECTIONS: Readonly<Record<string, (bench: Bench) => Promise<Section | Section[]>>> = {
  size,
  start: startup,
  drpkit,
  dev: devLoop,
  discovery,
  memory: memoryAtRest,
  actions: roundTrips,
  events,
  fleet,
  ipmi,
  load: underLoad,
  templates,
  agent,
  page,
};

const usage = `usage: scripts/bench [OPTION]...

Measures the executables and prints a table. Ratios are medians of pairs that were measured by turns.

  --against FOLDER   compare with the executables of the same names in there
  --json FILE        write all figures to FILE
  --svg FILE         draw the ratios to FILE
  --only SECTION     one or several of: ${Object.keys(SECTIONS).join(', ')}
  --rounds N         pairs of starts (50)
  --seconds N        how long each measurement of a rate takes (2)
  --calls N          calls after which memory is looked at (1,000,000)
  --fleet N          the largest number of simulated BMCs, up to 256 (256)
  --bin FOLDER       measure the executables in there, in place of building them first
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      against: { type: 'string' },
      json: { type: 'string' },
      svg: { type: 'string' },
      only: { type: 'string', multiple: true },
      rounds: { type: 'string', default: '50' },
      seconds: { type: 'string', default: '2' },
      calls: { type: 'string', default: '1000000' },
      fleet: { type: 'string', default: '256' },
      bin: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  if (process.platform !== 'linux') throw new Error('measures on Linux only, by what /proc tells');
  const counts = {
    rounds: count('rounds', values.rounds, 1),
    seconds: count('seconds', values.seconds, 0.1),
    calls: count('calls', values.calls, 100),
    fleet: count('fleet', values.fleet, 0),
  };
  const chosen = values.only ?? Object.keys(SECTIONS);
  const unknown = chosen.find((name) => SECTIONS[name] === undefined);
  if (unknown !== undefined) throw new Error(`--only: no section ${unknown}`);

  exitOnSignals();
  const found = await (values.bin === undefined ? builtExecutables() : executablesIn(values.bin));
  using scratch = new Scratch();
  const executables = await copied(found, join(scratch.folder, 'bin'));
  const others = values.against === undefined ? new Map() : await executablesIn(values.against);
  const base = new Map([['node', (await baseFor(nativeTarget(), root, () => {})).path]]);
  const bench: Bench = {
    scratch,
    ...counts,
    executables,
    isBuilt: values.bin === undefined,
    providers: await providersAmong(executables),
    others: await copied(others, join(scratch.folder, 'others')),
    base: (await copied(base, join(scratch.folder, 'base'))).get('node') ?? '',
    progress,
  };
  const report: Report = { machine: await describeMachine(), against: await against(bench), sections: [] };
  for (const [name, measure] of Object.entries(SECTIONS)) {
    if (!chosen.includes(name)) continue;
    progress(name);
    report.sections.push(...[await measure(bench)].flat());
  }
  process.stdout.write(table(report));
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  if (values.svg !== undefined) await writeFile(values.svg, svg(report));
}

function count(option: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= least) return value;
  throw new Error(`--${option}: expected a number, ${least} or more, found ${JSON.stringify(text)}`);
}

/**
 * Copies of executables, as operators install them. How a file was written affects how the kernel caches its pages,
 * which can make a difference of 8 ms at a start.
 */
async function copied(files: ReadonlyMap<string, string>, folder: string): Promise<Map<string, string>> {
  await mkdir(folder);
  const copies = new Map<string, string>();
  for (const [name, file] of files) {
    copies.set(name, join(folder, name));
    await copyFile(file, join(folder, name));
  }
  return copies;
}

/** Versions of the executables to compare with. */
async function against({ providers, others }: Bench): Promise<Record<string, string>> {
  const said: Record<string, string> = {};
  for (const name of providers.keys()) {
    const file = others.get(name);
    if (file !== undefined) said[name] = await versionSaid(file);
  }
  return said;
}

function progress(line: string): void {
  process.stderr.write(`bench: ${line} ...\n`);
}

main().catch((error: unknown) => {
  process.exitCode = 1;
  console.error(`scripts/bench: ${error instanceof Error ? error.message : String(error)}`);
});
