import type { Logger } from '../../../lib/plugin/index.ts';
import { addressAt } from './address-range.ts';
import { type Discovered, described } from './found.ts';
import { type IpmiClients, logIn } from './login.ts';
import { forEachIndex } from './pool.ts';
import { probe, type Sighting } from './probe.ts';
import type { Settings } from './settings.ts';

/** Addresses begun in a second, so that networks and switches do not notice a scan. */
const RATE = 500;
/** How often the log tells how far it is. */
const REPORTS = 10;

/** One scan of a range, and how far it is. */
export class Scan {
  readonly #settings: Settings;
  readonly #clients: IpmiClients;
  readonly #log: Logger;
  /** By index in the range; what is not done is not there. */
  readonly #done = new Map<number, Discovered[]>();

  constructor(settings: Settings, clients: IpmiClients, log: Logger) {
    this.#settings = settings;
    this.#clients = clients;
    this.#log = log;
  }

  /** The BMCs of the range, in its order. Throws the signal's reason. */
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

  /** Where it is, and what it has found, for people. */
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
