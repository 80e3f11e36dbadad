import type { Bmc } from '../../lib/ipmi/index.ts';

/** What can talk to a BMC: this process, or ipmitool by one of its interfaces. */
type IpmiClient = 'native' | 'lan' | 'lanplus';

/** Limited, since new firmware may add what was missing. */
const KEPT_MS = 3_600_000;
/** Limit, since anyone who may run an action can pass any number of addresses. */
const MOST_KNOWN = 10_000;

/** Remembers how each BMC can be reached. */
export class KnownClients {
  readonly #known = new Map<string, { client: IpmiClient; until: number }>();

  of(bmc: Pick<Bmc, 'address' | 'port'>): IpmiClient | undefined {
    const known = this.#known.get(keyOf(bmc));
    return known !== undefined && performance.now() < known.until ? known.client : undefined;
  }

  note(bmc: Pick<Bmc, 'address' | 'port'>, client: IpmiClient): void {
    const key = keyOf(bmc);
    if (this.#known.size >= MOST_KNOWN && !this.#known.has(key)) this.#known.clear();
    this.#known.set(key, { client, until: performance.now() + KEPT_MS });
  }
}

function keyOf({ address, port }: Pick<Bmc, 'address' | 'port'>): string {
  return `${address} ${port || 0}`;
}
