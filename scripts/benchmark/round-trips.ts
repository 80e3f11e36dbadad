import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PluginProcess } from '../measuring/plugin-process.ts';
import { cpuSeconds, memoryOf } from '../measuring/process-usage.ts';
import { median } from '../measuring/statistics.ts';
import type { Bench } from './bench.ts';
import type { Figure, Section } from './figure.ts';
import { interleaved, ratio } from './interleave.ts';
import type { LoadCommand, LoadResult } from './load-generator.ts';
import { memoryFigures } from './memory.ts';
import { Worker } from './worker.ts';

const PROVIDER = 'incrementer';
const CONNECTIONS = [1, 16] as const;
/** Pairs of measurements. Each takes `seconds` for every number of connections. */
const ROUNDS = 5;
const SETTLE_MS = 1_000;
/** A plugin releases memory after up to 6 s of idleness. */
const IDLE_MS = 7_000;
/** The fraction of the calls after which a process counts as warm. */
const WARM = 0.1;

interface Trip extends LoadResult {
  perSecond: number;
  /** Of the plugin, in microseconds. */
  cpuPerCall: number;
}

/** Actions over the inbound socket with keep-alive connections. */
export async function roundTrips(bench: Bench): Promise<Section[]> {
  const { scratch, providers, others, seconds, calls } = bench;
  const file = providers.get(PROVIDER);
  if (file === undefined) return [];
  using generator = new Worker<LoadCommand>(scratch, join(import.meta.dirname, 'load-generator.ts'));
  const start = async (command: string, name: string) => {
    const fromPlugin = join(scratch.folder, `${name}.fromPlugin`);
    await generator.ask({ do: 'sink', path: fromPlugin });
    return PluginProcess.start(scratch, [command], { fromPlugin });
  };
  const load = async (plugin: PluginProcess, connections: number, limit: number, time: number) => {
    const before = cpuSeconds(plugin.pid);
    const result = await generator.ask<LoadResult>({
      do: 'load',
      path: plugin.toPlugin,
      connections,
      calls: limit,
      seconds: time,
    });
    if (result.failures > 0)
      throw new Error(`${result.failures} of ${result.calls} calls of ${PROVIDER} failed`);
    const cpuPerCall = ((cpuSeconds(plugin.pid) - before) / result.calls) * 1e6;
    return { ...result, perSecond: result.calls / result.seconds, cpuPerCall };
  };

  await using own = await start(file, 'own');
  const otherFile = others.get(PROVIDER);
  await using other = otherFile === undefined ? undefined : await start(otherFile, 'other');
  const measurements = new Map<string, () => Promise<Trip>>();
  for (const connections of CONNECTIONS) {
    measurements.set(`own ${connections}`, () => load(own, connections, Number.MAX_SAFE_INTEGER, seconds));
    if (other === undefined) continue;
    measurements.set(`other ${connections}`, () =>
      load(other, connections, Number.MAX_SAFE_INTEGER, seconds),
    );
  }
  const trips = await interleaved(ROUNDS, measurements);
  const figures = CONNECTIONS.flatMap((connections) =>
    tripFigures(connections, trips(`own ${connections}`), trips(`other ${connections}`)),
  );

  bench.progress(`${calls} calls of one process`);
  await using fresh = await start(file, 'fresh');
  await pause(SETTLE_MS);
  const before = memoryOf(fresh.pid);
  const warmUp = Math.ceil(calls * WARM);
  const warmed = `after ${warmUp} calls`;
  await load(fresh, 16, warmUp, Number.MAX_SAFE_INTEGER);
  const warm = memoryOf(fresh.pid);
  await load(fresh, 16, calls - warmUp, Number.MAX_SAFE_INTEGER);
  const after = memoryOf(fresh.pid);
  await pause(IDLE_MS);
  const later = memoryOf(fresh.pid);
  return [
    {
      title: 'Action round trips',
      figures,
      notes: [
        `${PROVIDER}'s incrstatus over the inbound socket: ${ROUNDS} rounds of ${seconds} s each, on connections that are kept. The caller is a process of its own, and takes the log lines as well: one for each call from this plugin.`,
      ],
    },
    {
      title: 'Memory over many calls',
      figures: [
        memoryFigures('at rest', before),
        memoryFigures(warmed, warm),
        memoryFigures(`after ${calls} calls`, after, warmed, warm),
        memoryFigures(`idle for ${IDLE_MS / 1000} s`, later, warmed, warm),
      ].flat(),
      notes: [`One process of ${PROVIDER} called on 16 connections. MB are 10^6 bytes.`],
    },
  ];
}

/** Goals are relative to the Go plugin, so they need one to compare with. */
function tripFigures(connections: number, own: readonly Trip[], others: readonly Trip[]): Figure[] {
  const name = `${connections} connection${connections === 1 ? '' : 's'}`;
  const figure = (
    what: string,
    unit: string,
    pick: (trip: Trip) => number,
    goal?: { most?: number; least?: number },
  ): Figure => {
    const values = own.map(pick);
    const figure = { what: `${name}, ${what}`, value: median(values), unit };
    if (others.length === 0) return figure;
    return { ...figure, ratio: ratio(values, others.map(pick), `other ${PROVIDER}`, goal) };
  };
  return [
    figure('calls', 'per s', ({ perSecond }) => perSecond, connections === 16 ? { least: 2.5 } : undefined),
    figure('p50', 'µs', ({ p50 }) => p50, connections === 1 ? { most: 1.2 } : undefined),
    figure('p99', 'µs', ({ p99 }) => p99),
    figure('CPU per call', 'µs', ({ cpuPerCall }) => cpuPerCall),
  ];
}
