import type { Logger } from '../../../lib/plugin/index.ts';
import { addressAt } from './address-range.ts';
import { type Discovered, described } from './found.ts';
import { type IpmiClients, logIn } from './login.ts';
import { forEachIndex } from './pool.ts';
import { probe, type Sighting } from './probe.ts';
import type { Settings } from './settings.ts';

/** Addresses started per second: a rate that networks and switches do not notice. */
const RATE = 500;
/** How often the log reports progress. */
const REPORTS = 10;

/** A scan of a range, with its progress. */
export class Scan {
  readonly #settings: Settings;
  readonly #clients: IpmiClients;
  readonly #log: Logger;
  /** Results by index in the range. Indexes in progress are absent. */
  readonly #done = new Map<number, Discovered[]>();

  constructor(settings: Settings, clients: IpmiClients, log: Logger) {
    this.#settings = settings;
    this.#clients = clients;
    this.#log = log;
  }

  /** Scans the range and returns its BMCs in order. Throws the signal's reason. */
  async run(signal: AbortSignal): Promise<Discovered[]> {
    const { range, concurrency } = this.#settings;
    const [first, last] = [addressAt(range, 0), addressAt(range, range.size - 1)];
    this.#log.info(`range-scan: ${range.size} addresses, ${first} to ${last}, ${concurrency} at once`);
    const limits = { atOnce: concurrency, perSecond: RATE, signal };
    await forEachIndex(range.size, limits, async (index, stopping) => {
      const sightings = await probe(addressAt(range, index), this.#settings, stopping);
      const discovered: Discovered[] = [];
      for (const sighting of sightings) discovered.push(await this.#identify(sighting, stopping));
      this.#done.set(index, discovered);
      this.#report();
    });
    return this.#found();
  }

  /** Progress and results so far, as lines for the log. */
  progress(): string[] {
    const { range } = this.#settings;
    let next = 0;
    while (this.#done.has(next)) next += 1;
    const where =
      next < range.size
        ? `${addressAt(range, next)} is the first that is not done`
        : 'all addresses are done';
    return [where, ...this.#found().map(({ bmc }) => `found ${described(bmc)}`)];
  }

  async #identify(sighting: Sighting, signal: AbortSignal): Promise<Discovered> {
    const { credentials } = this.#settings;
    const discovered =
      credentials.length === 0
        ? { bmc: sighting.bmc }
        : await logIn(sighting, credentials, this.#clients, signal);
    const { bmc } = discovered;
    this.#log.info(`range-scan: found ${described(bmc)}`);
    if (bmc.problem !== undefined) this.#log.warn(`range-scan: ${bmc.address}: ${bmc.problem}`);
    return discovered;
  }

  #found(): Discovered[] {
    const entries = [...this.#done].sort(([a], [b]) => a - b);
    return entries.flatMap(([, discovered]) => discovered);
  }

  #report(): void {
    const { size } = this.#settings.range;
    const done = this.#done.size;
    const tenths = (count: number) => Math.floor((count * REPORTS) / size);
    if (tenths(done) === tenths(done - 1)) return;
    this.#log.info(`range-scan: ${done} of ${size} addresses, BMCs found: ${this.#found().length}`);
  }
}
