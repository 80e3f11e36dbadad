import { setTimeout as delay } from 'node:timers/promises';
import { bmcParams } from '../../cmd/drpkit/demo/ipmi-simulator.ts';
import { PluginCalls } from '../measuring/plugin-call.ts';
import { PluginProcess } from '../measuring/plugin-process.ts';
import { median, quantile } from '../measuring/statistics.ts';
import type { Bench } from './bench.ts';
import type { Section } from './figure.ts';

const PROVIDER = 'ipmi';
const SLOW_ACTIONS = 100;
const ROUNDS = 5;
const WARM_UP_CALLS = 500;
/** Pause between two calls. */
const PAUSE_MS = 2;
const LIMIT_MS = 60_000;
const GOAL = { most: 20 };
const WALL_GOAL = { most: 1 };
const WALL_MS = 50;

/** Latency of a short action while others start long-running children. */
export async function underLoad(bench: Bench): Promise<Section[]> {
  const file = bench.providers.get(PROVIDER);
  if (file === undefined || bench.fleet === 0) return [];
  const times: { idle: number; busy: number }[] = [];
  for (let round = 0; round < Math.min(ROUNDS, bench.rounds); round += 1) times.push(await once(bench, file));
  const busy = median(times.map((time) => time.busy));
  return [
    {
      title: 'Short actions while others are slow',
      figures: [
        { what: 'p99 when idle', value: median(times.map(({ idle }) => idle)), unit: 'ms' },
        {
          what: `p99 while ${SLOW_ACTIONS} start children`,
          value: busy,
          unit: 'ms',
          ratio: { value: median(times.map((time) => time.busy / time.idle)), over: 'idle', goal: GOAL },
        },
        {
          what: `p99 while ${SLOW_ACTIONS} start children`,
          value: busy,
          unit: 'ms',
          ratio: { value: busy / WALL_MS, over: `${WALL_MS} ms`, goal: WALL_GOAL },
        },
      ],
      notes: [
        `${PROVIDER}, ${times.length} rounds of ${bench.seconds} s each: an action that is refused at once, one call after the other, while ${SLOW_ACTIONS} others each start an ipmitool for a BMC that does not answer.`,
      ],
    },
  ];
}

async function once(bench: Bench, file: string): Promise<{ idle: number; busy: number }> {
  await using plugin = await PluginProcess.start(bench.scratch, [file]);
  using calls = new PluginCalls(plugin.toPlugin);
  const powerstatus = (params: object, signal: AbortSignal) =>
    calls.action({ Command: 'powerstatus', CommandSet: 'machines', Model: {}, Params: params }, signal);
  const bmc = bmcParams({ address: '127.0.0.1', port: 9, username: 'admin', password: 's3cr3t' });
  const short = async () => {
    const { status, text } = await powerstatus(
      { ...bmc, 'ipmi/mode': 'none' },
      AbortSignal.timeout(LIMIT_MS),
    );
    if (status !== 404) throw new Error(`an action of no mode was answered ${status}: ${text}`);
  };
  const p99 = async () => {
    const taken: number[] = [];
    const end = performance.now() + bench.seconds * 1000;
    do {
      const begun = performance.now();
      await short();
      taken.push(performance.now() - begun);
      await delay(PAUSE_MS);
    } while (performance.now() < end);
    return quantile(taken, 0.99);
  };
  for (let call = 0; call < WARM_UP_CALLS; call += 1) await short();
  const idle = await p99();
  const over = new AbortController();
  const slow = Array.from({ length: SLOW_ACTIONS }, (_, index) => {
    const params = { ...bmc, 'ipmi/address': `127.0.9.${index + 1}`, 'ipmi/transport': 'ipmitool' };
    return powerstatus({ ...params, 'ipmi/cipher-suite': 3 }, over.signal).catch(() => undefined);
  });
  const busy = await p99();
  over.abort();
  await Promise.all(slow);
  return { idle, busy };
}
