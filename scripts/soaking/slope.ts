import { setTimeout as pause } from 'node:timers/promises';
import { bmcParams } from '../../cmd/drpkit/demo/ipmi-simulator.ts';
import { PluginCalls } from '../measuring/plugin-call.ts';
import { PluginProcess } from '../measuring/plugin-process.ts';
import { memoryOf } from '../measuring/process-usage.ts';
import type { Scratch } from '../measuring/scratch.ts';
import { startBmcs } from '../measuring/simulated-bmcs.ts';
import { median } from '../measuring/statistics.ts';
import { type Sample, type Trend, trend } from './flat.ts';

/** The memory of a plugin over time, under constant load. */
export interface SlopeReport {
  transport: Transport;
  calls: number;
  /** Calls with unexpected results. */
  failures: number;
  /** Resident and private dirty memory in bytes. */
  resident: Trend;
  dirty: Trend;
  samples: { resident: Sample[]; dirty: Sample[] };
}

interface SlopeOptions {
  scratch: Scratch;
  /** The executable of ipmi. */
  file: string;
  minutes: number;
  progress: (line: string) => void;
}

const TRANSPORTS = ['native', 'ipmitool'] as const;
type Transport = (typeof TRANSPORTS)[number];

/** Calls per second. ipmitool needs a process for each. */
const RATE: Readonly<Record<Transport, number>> = { native: 40, ipmitool: 3 };
const COMMANDS = ['powerstatus', 'status', 'poweron', 'nextbootpxe', 'getBoot', 'poweroff', 'powerstatus'];
/** One call in REFUSED has a wrong password, one in SILENT goes to a BMC that does not answer. */
const REFUSED = 20;
const SILENT = 50;
const BMCS = 64;
const FIRST_PORT = 9_000;
/**
 * Consecutive samples rise and fall together with the garbage collector, which would make the error look small.
 * Therefore each point of the line is the median of a part of the time, at most this many.
 */
const MOST_POINTS = 60;
const FEWEST_POINTS = 6;
const POINT_MS = 10_000;
const SAMPLE_MS = 250;
/** Resolution of a single point: V8 allocates and frees memory in chunks. */
const STEP_BYTES = 2e6;
const LIMIT_MS = 120_000;

/** Calls the plugin ipmi continuously, natively and by ipmitool in separate processes, and measures its memory. */
export async function slope({ scratch, file, minutes, progress }: SlopeOptions): Promise<SlopeReport[]> {
  const address = `127.${1 + (process.pid % 250)}.2.1`;
  using _bmcs = await startBmcs(scratch, { address, firstPort: FIRST_PORT, count: BMCS, processes: 1 });
  const durationMs = minutes * 60_000;
  const points = Math.min(MOST_POINTS, Math.max(FEWEST_POINTS, Math.round(durationMs / POINT_MS)));
  return await Promise.all(
    TRANSPORTS.map(async (transport) => {
      await using plugin = await PluginProcess.start(scratch, [file]);
      using calls = new PluginCalls(plugin.toPlugin);
      const load = new Load(calls, address, transport);
      const samples = { resident: [] as Sample[], dirty: [] as Sample[] };
      const begun = performance.now();
      const working = load.run(durationMs);
      for (let point = 0; point < points; point += 1) {
        const end = ((point + 1) / points) * durationMs;
        const seen: { resident: number; privateDirty: number }[] = [];
        do {
          seen.push(memoryOf(plugin.pid));
          await pause(SAMPLE_MS);
        } while (performance.now() - begun < end);
        const time = end / 1000;
        samples.resident.push([time, median(seen.map(({ resident }) => resident))]);
        samples.dirty.push([time, median(seen.map(({ privateDirty }) => privateDirty))]);
        const megabytes = ((samples.dirty.at(-1)?.[1] ?? 0) / 1e6).toFixed(1);
        if (point % FEWEST_POINTS === 0)
          progress(`${transport}: ${load.calls} calls, ${megabytes} MB private dirty`);
      }
      await working;
      return {
        transport,
        calls: load.calls,
        failures: load.failures,
        resident: trend(samples.resident, STEP_BYTES),
        dirty: trend(samples.dirty, STEP_BYTES),
        samples,
      };
    }),
  );
}

/** The report for people. */
export function slopeText(reports: readonly SlopeReport[], minutes: number): string {
  const lines = reports.flatMap(({ transport, calls, failures, resident, dirty }) => {
    const line = (what: string, { mean, growth, noise, flat }: Trend) =>
      `  ${what.padEnd(13)} ${(mean / 1e6).toFixed(1)} MB, grows by ${(growth / 1e6).toFixed(2)} +- ${(noise / 1e6).toFixed(2)} MB: ${flat ? 'flat' : 'GROWS'}`;
    return [
      `ipmi, ${transport}: ${calls} calls in ${minutes} minutes, ${failures} not answered as they should be`,
      line('resident', resident),
      line('private dirty', dirty),
    ];
  });
  return `${lines.join('\n')}\n\nGrowth is that of the least-squares line, its first quarter left out; +- is three standard errors.\n`;
}

/** Calls at a constant rate. */
class Load {
  calls = 0;
  failures = 0;
  readonly #calls: PluginCalls;
  readonly #address: string;
  readonly #transport: Transport;

  constructor(calls: PluginCalls, address: string, transport: Transport) {
    this.#calls = calls;
    this.#address = address;
    this.#transport = transport;
  }

  async run(durationMs: number): Promise<void> {
    const begun = performance.now();
    const underWay = new Set<Promise<void>>();
    for (let made = 0; performance.now() - begun < durationMs; made += 1) {
      const early = (made / RATE[this.#transport]) * 1000 - (performance.now() - begun);
      if (early > 0) await pause(early);
      const call = this.#call(made).finally(() => underWay.delete(call));
      underWay.add(call);
    }
    await Promise.all(underWay);
  }

  async #call(made: number): Promise<void> {
    const isRefused = made % REFUSED === REFUSED - 1;
    const isSilent = made % SILENT === SILENT - 1;
    const bmc = bmcParams({
      address: this.#address,
      // Many silent BMCs, so that none gets more calls than it can time out.
      port: FIRST_PORT + (isSilent ? BMCS + (Math.floor(made / SILENT) % BMCS) : made % BMCS),
      username: 'admin',
      password: isRefused ? 'wrong' : 's3cr3t',
    });
    const Command = COMMANDS[made % COMMANDS.length] ?? '';
    const Params = {
      ...bmc,
      'ipmi/transport': this.#transport,
      'ipmi/cipher-suite': 3,
      'detected-bios-mode': 'uefi',
    };
    const answer = await this.#calls
      .action({ Command, CommandSet: 'machines', Model: {}, Params }, AbortSignal.timeout(LIMIT_MS))
      .catch(() => undefined);
    this.calls += 1;
    const expected = isRefused || isSilent ? answer?.status !== 200 : answer?.status === 200;
    if (answer === undefined || !expected) this.failures += 1;
  }
}
