import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LogSink } from '../measuring/log-sink.ts';
import { PluginCalls } from '../measuring/plugin-call.ts';
import { PluginProcess } from '../measuring/plugin-process.ts';
import { cpuSeconds } from '../measuring/process-usage.ts';
import { median } from '../measuring/statistics.ts';
import type { Bench } from './bench.ts';
import type { SourceCommand } from './event-source.ts';
import type { Section } from './figure.ts';
import { Worker } from './worker.ts';

const ROUNDS = 5;
/** Events per batch. Two batches are in flight at any time, and the plugin queues at most 1,000. */
const LOT = 400;
const STEADY_RATE = 1_000;
/** Log lines per burst, far fewer than the plugin queues. */
const LINES = 5_000;
const LINES_LIMIT_MS = 60_000;

/** Throughput of events from the websocket to the handler, and of log lines from the handler to the endpoint. */
export async function events(bench: Bench): Promise<Section> {
  const { scratch, seconds } = bench;
  using source = new Worker<SourceCommand>(scratch, join(import.meta.dirname, 'event-source.ts'));
  const { port } = await source.ask<{ port: number }>({ do: 'listen' });
  const fromPlugin = join(scratch.folder, 'events.fromPlugin');
  await using sink = await LogSink.open(fromPlugin);
  await using plugin = await PluginProcess.start(
    scratch,
    [process.execPath, '--no-warnings', join(import.meta.dirname, 'measured-plugin.ts')],
    { fromPlugin, env: { RS_ENDPOINT: `https://127.0.0.1:${port}` } },
  );
  using calls = new PluginCalls(plugin.toPlugin);
  await answered(calls.post('config', { Name: 'bench' }));
  const run = (command: string, count = 0) =>
    answered(calls.action({ Command: command, Params: { 'bench/count': count } }));

  const rates: number[] = [];
  const costs: number[] = [];
  const delays: { p50: number; p99: number }[] = [];
  const lineRates: number[] = [];
  const lots = Math.max(2, Math.ceil(seconds * 20));
  for (let round = 0; round <= ROUNDS; round += 1) {
    await run('forget');
    const cpuBefore = cpuSeconds(plugin.pid);
    const begun = performance.now();
    for (let lot = 0; lot < lots; lot += 1) {
      await source.ask({ do: 'send', count: LOT, perSecond: 0 });
      await run('handled', lot * LOT);
    }
    await run('handled', lots * LOT);
    const rate = (lots * LOT) / ((performance.now() - begun) / 1000);
    const cost = ((cpuSeconds(plugin.pid) - cpuBefore) / (lots * LOT)) * 1e6;

    await run('forget');
    const steady = Math.ceil(STEADY_RATE * seconds);
    await source.ask({ do: 'send', count: steady, perSecond: STEADY_RATE });
    const delay = (await run('handled', steady)) as { p50: number; p99: number };

    const lineRate = await linesPerSecond();
    // The first round is a warm-up.
    if (round === 0) continue;
    rates.push(rate);
    costs.push(cost);
    delays.push(delay);
    lineRates.push(lineRate);
  }
  return {
    title: 'Events and log lines',
    figures: [
      { what: 'events to the handler', value: median(rates), unit: 'per s' },
      { what: 'CPU per event', value: median(costs), unit: 'µs' },
      {
        what: `p50 delay at ${STEADY_RATE} per s`,
        value: median(delays.map(({ p50 }) => p50)),
        unit: 'µs',
      },
      {
        what: `p99 delay at ${STEADY_RATE} per s`,
        value: median(delays.map(({ p99 }) => p99)),
        unit: 'µs',
      },
      { what: 'log lines to the endpoint', value: median(lineRates), unit: 'per s' },
    ],
    notes: [
      `${ROUNDS} rounds. A plugin whose handler does nothing, run from its source. Events are of the size of a machine and come by websocket over TLS, from another process, in lots of ${LOT}; at ${STEADY_RATE} per s they come one by one. Log lines are counted when they have arrived.`,
    ],
  };

  async function linesPerSecond(): Promise<number> {
    const before = sink.requests;
    const begun = performance.now();
    await run('chatter', LINES);
    while (sink.requests < before + LINES) {
      if (performance.now() - begun > LINES_LIMIT_MS) throw new Error('log lines were lost');
      await pause(1);
    }
    return LINES / ((performance.now() - begun) / 1000);
  }
}

async function answered(call: Promise<{ status: number; text: string }>): Promise<unknown> {
  const { status, text } = await call;
  if (status !== 200) throw new Error(`the measured plugin answered ${status}: ${text}`);
  return JSON.parse(text);
}
