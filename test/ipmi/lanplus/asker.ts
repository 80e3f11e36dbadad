import type { Bmc } from '../../../lib/ipmi/bmc.ts';
import type { IpmiSession } from '../../../lib/ipmi/lanplus/bmc-session.ts';
import { Lanplus } from '../../../lib/ipmi/lanplus/lanplus.ts';
import type { Timing } from '../../../lib/ipmi/lanplus/timing.ts';

/** Less patience than the usual, for BMCs in this process that stay silent. */
export const SHORT: Timing = {
  openMs: [80, 120, 200],
  loginMs: [80, 150, 250],
  requestMs: [60, 100, 150, 200],
  keptMs: [60, 100],
  onceMs: 300,
  laterMs: 30,
  betweenLoginsMs: 0,
  keptForMs: 10_000,
  solMs: [60, 100, 150, 200],
  solAliveMs: 200,
  lookupMs: 10_000,
  turnMs: 60_000,
};

/** Where an answer comes, it may come late: a slow machine is not a silent BMC. */
export const PATIENT: Timing = {
  ...SHORT,
  openMs: [10_000, 10_000],
  loginMs: [10_000, 10_000],
  requestMs: [10_000, 10_000],
  keptMs: [10_000],
  onceMs: 10_000,
  solMs: [10_000],
};

/** For what is lost once: it is soon sent again, and then there is patience. */
export const LOST_ONCE: Timing = {
  ...PATIENT,
  openMs: [100, 10_000],
  loginMs: [100, 10_000, 10_000],
  requestMs: [100, 10_000],
};

/** From soon to so late that a slow machine has answered. */
const TRIES = [100, 100, 100, 100, 200, 200, 200, 200, 400, 400, 400, 400, ...Array<number>(16).fill(2_000)];

/** For what is lost at any time: what is sent again often enough comes through in the end. */
export const STUBBORN: Timing = { ...SHORT, openMs: TRIES, loginMs: TRIES, requestMs: TRIES, onceMs: 2_000 };

export const never = new AbortController().signal;

export const POWER = { netFn: 0x00, command: 0x01 };
export const POWER_ON = { netFn: 0x00, command: 0x02, data: [1] };

/** A client for one BMC, patient unless told otherwise. */
export class Asker implements Disposable {
  readonly client: Lanplus;
  readonly #bmc: Bmc;

  constructor(bmc: Bmc, timing: Partial<Timing> = {}) {
    this.client = new Lanplus({ ...PATIENT, ...timing });
    this.#bmc = bmc;
  }

  work<T>(work: (session: IpmiSession) => Promise<T>, bmc: Partial<Bmc> = {}, signal = never): Promise<T> {
    const { address, port, username, password } = this.#bmc;
    return this.client.withBmc({ address, port, username, password, ...bmc }, signal, work, {
      retryMs: 200,
    });
  }

  /** Get Chassis Status: whether the power is on. Throws unless the BMC answers with success. */
  async isOn(bmc: Partial<Bmc> = {}): Promise<boolean> {
    const { code, data } = await this.work((session) => session.request(POWER), bmc);
    if (code !== 0) throw new Error(`completion code ${code}`);
    return ((data[0] ?? 0) & 1) === 1;
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}
