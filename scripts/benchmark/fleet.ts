import {
  type BmcAccess,
  bmcParams,
  type SimulatedBmc,
  startBmc,
} from '../../cmd/drpkit/demo/ipmi-simulator.ts';
import { PluginCalls } from '../measuring/plugin-call.ts';
import { PluginProcess } from '../measuring/plugin-process.ts';
import { childCount, cpuSeconds, peakResident } from '../measuring/process-usage.ts';
import { median, quantile } from '../measuring/statistics.ts';
import type { Bench } from './bench.ts';
import type { Figure, Section } from './figure.ts';
import { interleaved, ratio } from './interleave.ts';

const PROVIDER = 'ipmi';
const SIZES = [1, 16, 64, 256];
/** One in this many is unreachable. */
const UNREACHABLE = 8;
const ROUNDS = 3;
/** Rounds for fleets up to REFERENCE, whose runs are so short that chance matters. */
const SMALL_ROUNDS = 7;
const STARTED_AT_ONCE = 8;
const SAMPLE_MS = 10;
/** A silent BMC is given up after some 12 s, plus the wait for a turn. */
const LIMIT_MS = 10 * 60_000;
const COMMANDS = ['powerstatus', 'poweron'] as const;
/** The smallest fleet with unreachable BMCs. Its cost per BMC is the reference for larger ones. */
const REFERENCE = 16;
const COST_GOAL = { most: 1.25 };
const REST_GOAL = { most: 1.25 };

interface Target extends BmcAccess {
  /** Nothing listens at its address. */
  dead?: boolean;
}

/** The result of one plugin process with all BMCs of a fleet, in seconds and bytes. */
interface Run {
  /** Time until the last reachable BMC had answered, by command. */
  reached: Record<(typeof COMMANDS)[number], number>;
  /** 99th percentile of the reachable BMCs' answers. */
  p99: number;
  /** Time until all calls were answered. */
  wall: number;
  cpu: number;
  peakChildren: number;
  peakResident: number;
}

/** One plugin process with many BMCs, some of them unreachable. */
export async function fleet(bench: Bench): Promise<Section[]> {
  const file = bench.providers.get(PROVIDER);
  const sizes = SIZES.filter((size) => size <= bench.fleet);
  const largest = sizes.at(-1);
  if (file === undefined || largest === undefined) return [];
  bench.progress(`starting ${largest - unreachableIn(largest)} simulated BMCs`);
  await using cleanup = new AsyncDisposableStack();
  const bmcs = await startBmcs(largest - unreachableIn(largest), cleanup);

  const runs = new Map<number, { all: Run[]; reachable: Run[] }>();
  for (const size of sizes) {
    bench.progress(`${size} BMCs`);
    const reachable = bmcs.slice(0, size - unreachableIn(size));
    const measurements = new Map([['all', () => runFleet(bench, file, withUnreachable(reachable, size))]]);
    if (unreachableIn(size) > 0) measurements.set('reachable', () => runFleet(bench, file, reachable));
    const rounds = size > REFERENCE ? ROUNDS : SMALL_ROUNDS;
    const results = await interleaved(Math.min(rounds, bench.rounds), measurements, { warmUp: false });
    runs.set(size, { all: results('all'), reachable: results('reachable') });
  }

  const reference = runs.get(REFERENCE)?.all.map((run) => run.cpu / REFERENCE);
  const figures = [...runs].flatMap(([size, { all, reachable }]) =>
    fleetFigures(size, all, reachable, size > REFERENCE ? reference : undefined),
  );
  return [
    {
      title: 'Fleet',
      figures,
      notes: [
        `${Math.min(ROUNDS, bench.rounds)} rounds, ${Math.min(SMALL_ROUNDS, bench.rounds)} up to ${REFERENCE} BMCs, each with a new process of ${PROVIDER} that is asked for all BMCs at once, by ipmitool: powerstatus, which also finds out the cipher suite with a second ipmitool, then poweron. From 16 BMCs on, one in ${UNREACHABLE} cannot be reached; the ratio is over the same BMCs without those. The simulated BMCs (ipmi_sim, and a shell for each command) run on the same processors and take most of them. CPU is that of the plugin and of the ipmitool processes that it starts. One child is the shell that ends them should the plugin be killed.`,
      ],
    },
  ];
}

function unreachableIn(size: number): number {
  return Math.floor(size / UNREACHABLE);
}

function fleetFigures(
  size: number,
  all: readonly Run[],
  reachable: readonly Run[],
  reference: readonly number[] | undefined,
): Figure[] {
  const name = `${size} BMC${size === 1 ? '' : 's'}`;
  const figure = (what: string, unit: string, pick: (run: Run) => number): Figure => ({
    what: `${name}, ${what}`,
    value: median(all.map(pick)),
    unit,
  });
  const beside = (measured: Figure, pick: (run: Run) => number): Figure => {
    if (reachable.length === 0) return measured;
    const values = ratio(all.map(pick), reachable.map(pick), 'without unreachable ones', REST_GOAL);
    return { ...measured, ratio: values };
  };
  const cpu = figure('CPU per BMC', 'ms', (run) => (run.cpu / size) * 1000);
  return [
    ...COMMANDS.map((command) => {
      const pick = (run: Run) => run.reached[command];
      return beside(figure(`${command}, all that answer`, 's', pick), pick);
    }),
    figure('p99 of one that answers', 's', (run) => run.p99),
    figure('wall time with the unreachable', 's', (run) => run.wall),
    reference === undefined
      ? cpu
      : {
          ...cpu,
          ratio: ratio(
            all.map((run) => run.cpu / size),
            reference,
            `${REFERENCE} BMCs`,
            COST_GOAL,
          ),
        },
    figure('peak of child processes', '', (run) => run.peakChildren),
    figure('peak resident of the plugin', 'MB', (run) => run.peakResident / 1e6),
  ];
}

async function startBmcs(count: number, cleanup: AsyncDisposableStack): Promise<SimulatedBmc[]> {
  const bmcs: SimulatedBmc[] = [];
  const indices = Array.from({ length: count }).keys();
  const worker = async () => {
    for (const index of indices) {
      const bmc = await startBmc({ address: loopback(index) });
      cleanup.defer(() => bmc.close());
      bmcs[index] = bmc;
    }
  };
  await Promise.all(Array.from({ length: STARTED_AT_ONCE }, worker));
  return bmcs;
}

/** The reachable BMCs mixed with unreachable ones: addresses where nothing listens. */
function withUnreachable(reachable: readonly Target[], size: number): Target[] {
  const [first] = reachable;
  const rest = reachable.values();
  return Array.from({ length: size }, (_, index) => {
    const live = (index + 1) % UNREACHABLE === 0 ? undefined : rest.next().value;
    if (live !== undefined) return live;
    const { port = 623, username = '', password = '' } = first ?? {};
    return { address: loopback(0x8000 + index), port, username, password, dead: true };
  });
}

/** A loopback address that concurrent runs are unlikely to use. */
function loopback(index: number): string {
  return `127.${1 + (process.pid % 250)}.${index >> 8}.${index & 255}`;
}

async function runFleet({ scratch }: Bench, file: string, bmcs: readonly Target[]): Promise<Run> {
  await using plugin = await PluginProcess.start(scratch, [file]);
  using calls = new PluginCalls(plugin.toPlugin);
  const { pid } = plugin;
  let peakChildren = 0;
  const sampler = setInterval(() => {
    peakChildren = Math.max(peakChildren, childCount(pid));
  }, SAMPLE_MS);
  const cpuBefore = cpuSeconds(pid, { children: true });
  const reached = { powerstatus: 0, poweron: 0 };
  const latencies: number[] = [];
  const begun = performance.now();
  try {
    for (const command of COMMANDS) {
      const commandBegun = performance.now();
      await Promise.all(
        bmcs.map(async (bmc) => {
          const seconds = await callBmc(calls, command, bmc);
          if (bmc.dead) return;
          latencies.push(seconds);
          reached[command] = (performance.now() - commandBegun) / 1000;
        }),
      );
    }
  } finally {
    clearInterval(sampler);
  }
  return {
    reached,
    p99: quantile(latencies, 0.99),
    wall: (performance.now() - begun) / 1000,
    cpu: cpuSeconds(pid, { children: true }) - cpuBefore,
    peakChildren,
    peakResident: peakResident(pid),
  };
}

/** Seconds for one action. Throws an Error when the result is not the expected one. */
async function callBmc(calls: PluginCalls, command: string, bmc: Target): Promise<number> {
  const begun = performance.now();
  const { status, text } = await calls.action(
    {
      Command: command,
      CommandSet: 'machines',
      Model: {},
      Params: { ...bmcParams(bmc), 'ipmi/transport': 'ipmitool' },
    },
    AbortSignal.timeout(LIMIT_MS),
  );
  if ((status === 200) === (bmc.dead ?? false))
    throw new Error(`${command} at ${bmc.address} was answered ${status}: ${text}`);
  return (performance.now() - begun) / 1000;
}
