import { setTimeout as pause } from 'node:timers/promises';
import { bmcParams } from '../../cmd/drpkit/demo/ipmi-simulator.ts';
import { PluginCalls } from '../measuring/plugin-call.ts';
import { PluginProcess } from '../measuring/plugin-process.ts';
import { cpuSeconds, forgetPeak, peakResident } from '../measuring/process-usage.ts';
import type { Scratch } from '../measuring/scratch.ts';
import { startBmcs } from '../measuring/simulated-bmcs.ts';
import { median } from '../measuring/statistics.ts';
import type { Bench } from './bench.ts';
import type { Figure, Section } from './figure.ts';
import { interleaved, ratio } from './interleave.ts';

const PROVIDER = 'ipmi';
const TRANSPORTS = ['native', 'ipmitool'] as const;
type Transport = (typeof TRANSPORTS)[number];

const SERVERS = 2;
/** All ports are below the range of ephemeral ports. */
const FIRST_PORT = 10_000;
/** Number of polled BMCs with the largest fleet; proportionally fewer with a smaller one. */
const POLLED = 5_000;
/** Fewer would be too few to measure CPU time. */
const LEAST_POLLED = 200;
const POLL_S = 60;
/** As `drpkit fleet` asks them with `--at-once`. */
const POLLED_AT_ONCE = 64;
/** All sessions are closed so long after the last call. */
const SESSION_MS = 11_000;
const CALLS: Readonly<Record<Transport, number>> = { native: 300, ipmitool: 10 };
const FLEET = 256;
/** One in this many is dead. */
const DEAD = 8;
/** Ports below those of the BMCs where nothing listens. */
const MOST_SILENT = 1_000;
/** Native bursts per burst of ipmitool. The median of several is used, since each is short. */
const BURSTS = 3;
const DEAD_ROUNDS = 7;
/**
 * Native calls before a measurement, one to each of so many BMCs, because plugins run for days and V8 optimizes over
 * time. Few enough that their sessions have been closed when all are polled. Proportionally fewer with a smaller fleet.
 */
const WARM_UP_CALLS = 2_000;
const WARM_UP_AT_ONCE = 10;
const LIMIT_MS = 10 * 60_000;

const WALL_GOAL = { most: 1 / 10 };
const CPU_GOAL = { most: 1 / 30 };
const FLEET_GOAL = { most: 1 / 20 };
const DEAD_GOAL = { most: 1.1 };
const CORE_GOAL = { most: 0.1 };
const MEMORY_BYTES = 150e6;
const MEMORY_GOAL = { most: 1 };

/** Wall and CPU time of the plugin and its children, in seconds. */
interface Cost {
  wall: number;
  cpu: number;
}

/** Cost of IPMI natively and with ipmitool, on the same simulated BMCs. */
export async function ipmi(bench: Bench): Promise<Section[]> {
  const file = bench.providers.get(PROVIDER);
  if (file === undefined || bench.fleet === 0) return [];
  const address = `127.${1 + (process.pid % 250)}.1.1`;
  const size = Math.min(FLEET, bench.fleet);
  const count = Math.max(LEAST_POLLED, Math.ceil((POLLED * size) / FLEET));
  bench.progress(`starting ${count} simulated BMCs`);
  using _bmcs = await startBmcs(bench.scratch, { address, firstPort: FIRST_PORT, count, processes: SERVERS });
  const warmUpCalls = Math.ceil((WARM_UP_CALLS * size) / FLEET);
  const fleet = new Fleet(bench.scratch, file, { address, count, warmUpCalls });
  return [
    {
      title: 'IPMI without ipmitool',
      figures: [
        ...(await oneAfterTheOther(bench, fleet)),
        ...(await manyAtOnce(bench, fleet, size)),
        ...(await polled(bench, fleet)),
      ],
      notes: [
        `powerstatus by the plugin's own IPMI, and by ipmitool -C 3, on the same BMCs: ${SERVERS} processes of this project's own simulator, which take CPU of their own on the same processors. CPU is that of the plugin and its children. ${CALLS.native} and ${CALLS.ipmitool} calls on one BMC one after the other, natively in one session; ${size} BMCs at once, one in ${DEAD} dead, wall time until the last that answers; ${count} BMCs polled, a session for each, which is closed after 10 s: ${POLLED_AT_ONCE} at once as fast as they answer, then nothing for the rest of the minute, and one by one, ${Math.round(POLLED / POLL_S)} in a second. Plugins have had ${warmUpCalls} native calls before, to BMCs of their own.`,
      ],
    },
  ];
}

async function oneAfterTheOther(bench: Bench, fleet: Fleet): Promise<Figure[]> {
  const rounds = Math.ceil(bench.rounds / 10);
  const costs = await fleet.byTurns(rounds, async (calls, transport) => {
    for (let call = 0; call < CALLS[transport]; call += 1) await calls(0, transport);
  });
  const per = (transport: Transport, pick: (cost: Cost) => number) =>
    costs(transport).map((cost) => (pick(cost) / CALLS[transport]) * 1000);
  const figure = (what: string, pick: (cost: Cost) => number, goal: { most: number }): Figure => ({
    what: `powerstatus, ${what}`,
    value: median(per('native', pick)),
    unit: 'ms',
    ratio: ratio(per('native', pick), per('ipmitool', pick), 'ipmitool', goal),
  });
  return [figure('wall', ({ wall }) => wall, WALL_GOAL), figure('CPU', ({ cpu }) => cpu, CPU_GOAL)];
}

async function manyAtOnce(bench: Bench, fleet: Fleet, size: number): Promise<Figure[]> {
  const dead = Math.floor(size / DEAD);
  bench.progress(`${size} BMCs at once`);
  await using native = await fleet.plugin();
  await fleet.warmUp(native.call);
  await using tool = await fleet.plugin();
  const crowd = new Crowd(fleet, size - dead);
  // The first burst opens connections, which a long-running plugin would have.
  await crowd.answered(native.call, 'native', 0);
  const times = await interleaved(
    Math.min(3, bench.rounds),
    new Map<Transport, () => Promise<number>>([
      [
        'native',
        async () => {
          const bursts: number[] = [];
          for (let done = 0; done < BURSTS; done += 1)
            bursts.push(await crowd.answered(native.call, 'native', dead));
          await crowd.settled();
          return median(bursts);
        },
      ],
      [
        'ipmitool',
        async () => {
          const seconds = await crowd.answered(tool.call, 'ipmitool', dead);
          await crowd.settled();
          return seconds;
        },
      ],
    ]),
    { warmUp: false },
  );
  const next = (silent: number) => async () => {
    const seconds = await crowd.answered(native.call, 'native', silent);
    await crowd.settled();
    return seconds;
  };
  const beside = await interleaved(
    Math.min(DEAD_ROUNDS, bench.rounds),
    new Map([
      ['dead', next(dead)],
      ['none', next(0)],
    ]),
  );
  const figure = (over: string, own: number[], others: number[], goal: { most: number }): Figure => ({
    what: `${size} BMC${size === 1 ? '' : 's'} at once, those that answer`,
    value: median(own),
    unit: 's',
    ratio: ratio(own, others, over, goal),
  });
  return [
    figure('ipmitool', times('native'), times('ipmitool'), FLEET_GOAL),
    figure('without the dead ones', beside('dead'), beside('none'), DEAD_GOAL),
  ];
}

/** Calls many BMCs at the same moment, different ones each time, so that there are no sessions yet. */
class Crowd {
  readonly #fleet: Fleet;
  readonly #live: number;
  #bursts = 0;
  #silent = 0;
  #waits: Promise<void>[] = [];

  constructor(fleet: Fleet, live: number) {
    this.#fleet = fleet;
    this.#live = live;
  }

  /** Seconds until the last answer. `silent` calls to dead BMCs are started before. */
  async answered(call: Caller, transport: Transport, silent: number): Promise<number> {
    const { count, warmUpCalls } = this.#fleet;
    const first = (this.#bursts * this.#live) % Math.max(1, count - warmUpCalls - this.#live);
    this.#bursts += 1;
    const begun = performance.now();
    for (let index = 0; index < silent; index += 1) {
      this.#silent = (this.#silent % MOST_SILENT) + 1;
      this.#waits.push(call(-this.#silent, transport));
    }
    await Promise.all(Array.from({ length: this.#live }, (_, index) => call(first + index, transport)));
    return (performance.now() - begun) / 1000;
  }

  /** Waits until the silent BMCs are given up. */
  async settled(): Promise<void> {
    await Promise.all(this.#waits);
    this.#waits = [];
  }
}

async function polled(bench: Bench, fleet: Fleet): Promise<Figure[]> {
  const { count } = fleet;
  bench.progress(`${count} BMCs polled`);
  const seconds = (POLL_S * count) / POLLED;
  await using plugin = await fleet.plugin();
  await fleet.warmUp(plugin.call);
  const bmcs = Array.from({ length: count }, (_, index) => index);
  // Small fleets are measured roughly, and fast.
  const settled = () => pause(count < POLLED ? 0 : SESSION_MS);
  const share = async (poll: () => Promise<unknown>) => {
    const before = cpuSeconds(plugin.pid, { children: true });
    await poll();
    await settled();
    return (cpuSeconds(plugin.pid, { children: true }) - before) / seconds;
  };
  const figure = (how: string, core: number): Figure => ({
    what: `${count} BMCs polled once a minute, ${how}, CPU`,
    value: core * 100,
    unit: '% of a core',
    ratio: { value: core, over: 'a core', goal: CORE_GOAL },
  });
  await settled();
  const queue = bmcs.values();
  const together = await share(() =>
    Promise.all(
      Array.from({ length: POLLED_AT_ONCE }, async () => {
        for (const bmc of queue) await plugin.call(bmc, 'native');
      }),
    ),
  );
  forgetPeak(plugin.pid);
  const spread = await share(async () => {
    const begun = performance.now();
    const calls = bmcs.map(async (bmc) => {
      const due = (bmc / count) * seconds * 1000;
      await pause(Math.max(0, due - (performance.now() - begun)));
      await plugin.call(bmc, 'native');
    });
    await Promise.all(calls);
  });
  return [
    figure(`${POLLED_AT_ONCE} at once`, together),
    figure('one by one', spread),
    {
      what: `${count} BMCs polled one by one, peak resident of the plugin`,
      value: peakResident(plugin.pid) / 1e6,
      unit: 'MB',
      ratio: { value: peakResident(plugin.pid) / MEMORY_BYTES, over: '150 MB', goal: MEMORY_GOAL },
    },
  ];
}

/** Calls a BMC; numbers below 0 are dead ones. Throws an Error for an unexpected result. */
type Caller = (bmc: number, transport: Transport) => Promise<void>;

class Fleet {
  readonly #scratch: Scratch;
  readonly #file: string;
  readonly #address: string;

  /** How many BMCs there are. */
  readonly count: number;
  /** How many of them, from the last, are called before a measurement. */
  readonly warmUpCalls: number;

  constructor(
    scratch: Scratch,
    file: string,
    { address, count, warmUpCalls }: { address: string; count: number; warmUpCalls: number },
  ) {
    this.count = count;
    this.warmUpCalls = warmUpCalls;
    this.#scratch = scratch;
    this.#file = file;
    this.#address = address;
  }

  async warmUp(call: Caller): Promise<void> {
    for (let done = 0; done < this.warmUpCalls; done += WARM_UP_AT_ONCE) {
      const length = Math.min(WARM_UP_AT_ONCE, this.warmUpCalls - done);
      const bmcs = Array.from({ length }, (_, index) => this.count - 1 - done - index);
      await Promise.all(bmcs.map((bmc) => call(bmc, 'native')));
    }
  }

  async plugin(): Promise<AsyncDisposable & { pid: number; call: Caller }> {
    const plugin = await PluginProcess.start(this.#scratch, [this.#file]);
    const calls = new PluginCalls(plugin.toPlugin);
    return {
      pid: plugin.pid,
      call: async (bmc, transport) => {
        const dead = bmc < 0;
        const port = dead ? FIRST_PORT - 1 + bmc : FIRST_PORT + bmc;
        const access = { address: this.#address, port, username: 'admin', password: 's3cr3t' };
        const Params = { ...bmcParams(access), 'ipmi/transport': transport, 'ipmi/cipher-suite': 3 };
        const call = { Command: 'powerstatus', CommandSet: 'machines', Model: {}, Params };
        const { status, text } = await calls.action(call, AbortSignal.timeout(LIMIT_MS));
        if ((status === 200) === dead) throw new Error(`powerstatus was answered ${status}: ${text}`);
      },
      [Symbol.asyncDispose]: async () => {
        calls[Symbol.dispose]();
        await plugin[Symbol.asyncDispose]();
      },
    };
  }

  /** Cost of `work` in a new plugin process that has loaded all of its code. */
  async cost(
    transport: Transport,
    work: (call: Caller, transport: Transport) => Promise<void>,
  ): Promise<Cost> {
    await using plugin = await this.plugin();
    await plugin.call(this.count - 1, transport);
    if (transport === 'native') await this.warmUp(plugin.call);
    const [cpu, begun] = [cpuSeconds(plugin.pid, { children: true }), performance.now()];
    await work(plugin.call, transport);
    const wall = (performance.now() - begun) / 1000;
    return { wall, cpu: cpuSeconds(plugin.pid, { children: true }) - cpu };
  }

  async byTurns(
    rounds: number,
    work: (call: Caller, transport: Transport) => Promise<void>,
  ): Promise<(transport: Transport) => Cost[]> {
    return interleaved(
      rounds,
      new Map(TRANSPORTS.map((transport) => [transport, () => this.cost(transport, work)] as const)),
    );
  }
}
