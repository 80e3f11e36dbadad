import { setTimeout as pause } from 'node:timers/promises';
import type { Scratch } from '../measuring/scratch.ts';
import { FAULTS, type Fault } from './faults.ts';
import { Ledger } from './ledger.ts';
import { type Call, type Load, makeLoads } from './loads.ts';
import { openScene, type Scene, VICTIM } from './scene.ts';
import { type Count, Tally } from './tally.ts';
import { type ProcessReport, Watch } from './watch.ts';

export interface SoakOptions {
  scratch: Scratch;
  /** Executables by name. */
  providers: ReadonlyMap<string, string>;
  minutes: number;
  progress: (line: string) => void;
}

/** The result of a soak. */
export interface SoakReport {
  minutes: number;
  calls: Record<string, Count>;
  /** How often each fault occurred. */
  faults: Record<string, number>;
  processes: ProcessReport[];
  /** Number of acknowledged writes. */
  acknowledged: number;
  slackMessages: number;
  /** Empty when the soak passed. */
  problems: string[];
}

/** Duration of a load phase. It is followed by a quiet phase, which shows the memory that each process keeps. */
const ROUND_MS = 30_000;
const FEWEST_ROUNDS = 5;
const MOST_ROUNDS = 100;
/** A plugin releases memory after up to 6 s of idleness (lib/plugin/garbage.ts). */
const QUIET_MS = 7_000;
const LONGEST_FAULT_PAUSE_MS = 5_000;

/**
 * Runs all providers under load with faults for some minutes, and collects problems. Throws an Error when it cannot
 * start.
 */
export async function soak({ scratch, providers, minutes, progress }: SoakOptions): Promise<SoakReport> {
  await using scene = await openScene(scratch, providers);
  const ledger = new Ledger();
  const tally = new Tally();
  const call: Call = (kind, ...request) => tally.of(kind, () => scene.api.call(...request));
  const loads = (await makeLoads(scene, ledger, call)).filter((load) => runs(scene, load));
  const watch = new Watch(scene.endpoint, [VICTIM]);
  const struck: Record<string, number> = {};
  const duration = minutes * 60_000;
  const rounds = Math.min(MOST_ROUNDS, Math.max(FEWEST_ROUNDS, Math.round(duration / ROUND_MS)));
  const busyMs = Math.max(0, duration / rounds - QUIET_MS);
  const faults = FAULTS.filter((fault) => runs(scene, fault));
  // All faults occur at least once, even in a short soak.
  const between = Math.min(LONGEST_FAULT_PAUSE_MS, (busyMs * rounds) / (3 * faults.length));
  const turns = endless(faults);
  const workers = loads.flatMap(workersFor);
  progress(`${[...scene.plugins].join(', ')} run; ${rounds} rounds`);

  for (let round = 1; round <= rounds; round += 1) {
    const over = new AbortController();
    const work = [
      strike(scene, turns, between, struck, over.signal),
      ...workers.map((worker) => worker(over.signal)),
    ];
    // A failure ends the round immediately.
    const end = pause(busyMs, undefined, { signal: over.signal }).catch(() => {});
    await Promise.race([end, ...work]).finally(() => over.abort());
    await Promise.all(work);
    scene.endpoint.collectGarbage();
    await pause(QUIET_MS);
    watch.sample();
    progress(`${round}: ${summary(tally, struck)}`);
  }

  progress('checking what was written');
  const problems = await ledger.problems(scene.api);
  const processes = watch.reports();
  problems.push(...trouble(tally, processes, watch, scene));
  await scene.restart();
  for (const problem of await ledger.problems(scene.api)) {
    problems.push(`after the endpoint was killed: ${problem}`);
  }
  return {
    minutes,
    calls: Object.fromEntries(tally.counts),
    faults: struck,
    processes,
    acknowledged: ledger.acknowledged,
    slackMessages: scene.slack.messages.length,
    problems,
  };
}

function runs({ plugins }: Scene, { plugin }: { plugin?: string }): boolean {
  return plugin === undefined || plugins.has(plugin);
}

/** The workers of a load. Each works until its signal is aborted, and can be called again. */
function workersFor(load: Load): ((signal: AbortSignal) => Promise<void>)[] {
  return Array.from({ length: load.atOnce }, (_, worker) => {
    let times = 0;
    return async (signal) => {
      while (!signal.aborted) {
        await load.once(worker, times, signal);
        times += 1;
        await pause(load.pauseMs, undefined, { signal }).catch(() => {});
      }
    };
  });
}

function* endless<T>(list: readonly T[]): Generator<T, never> {
  for (;;) yield* list;
}

/** Runs one fault after the other. */
async function strike(
  scene: Scene,
  turns: Generator<Fault, never>,
  between: number,
  struck: Record<string, number>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await pause(between, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const fault = turns.next().value;
    struck[fault.name] = (struck[fault.name] ?? 0) + 1;
    await fault.strike(scene);
  }
}

function summary(tally: Tally, struck: Record<string, number>): string {
  const done = [...tally.counts.values()].reduce((sum, count) => sum + count.done, 0);
  const faults = Object.values(struck).reduce((sum, times) => sum + times, 0);
  return `${done} calls done, ${faults} faults`;
}

/** Problems in the counts, processes and stand-ins. */
function trouble(
  tally: Tally,
  processes: readonly ProcessReport[],
  { deaths }: Watch,
  { slack, plugins }: Scene,
): string[] {
  const problems = deaths.map((name) => `${name} died, and nobody had killed it`);
  for (const [kind, { done, unanswered }] of tally.counts) {
    if (unanswered.length > 0) {
      problems.push(`${kind}: ${unanswered.length} calls were not answered, the first: ${unanswered[0]}`);
    }
    if (done === 0) problems.push(`${kind}: not one call was done`);
  }
  for (const { name, memory, descriptors } of processes) {
    if (!memory.flat) problems.push(`${name}: memory grows, by ${(memory.growth / 1e6).toFixed(1)} MB`);
    if (!descriptors.flat) {
      problems.push(`${name}: descriptors grow, by ${descriptors.growth.toFixed(1)}`);
    }
  }
  if (plugins.has('slack') && slack.messages.length === 0) problems.push('Slack was told nothing');
  return problems;
}
