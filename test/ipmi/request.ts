import { act } from '../../cmd/ipmi/act.ts';
import type { Driver, Request } from '../../cmd/ipmi/driver.ts';
import { ipmiDriver } from '../../cmd/ipmi/ipmi.ts';
import { ipmitoolDriver } from '../../cmd/ipmi/ipmitool.ts';
import { Ipmitool, type IpmitoolOptions, Lanplus, type Timing } from '../../lib/ipmi/index.ts';
import { type BmcAccess, bmcParams } from '../support/ipmi-simulator.ts';

/** The wrapper's logger, silent. */
const log = { info: () => {}, warn: () => {} } as unknown as Request['log'];

/** The modes of the plugin with an ipmitool of one's own. */
export function ipmitoolMode(options: IpmitoolOptions = {}): ReadonlyMap<string, Driver> {
  return new Map([['ipmitool', ipmitoolDriver(new Ipmitool({ retryPauseMs: 10, ...options }))]]);
}

/** Mode ipmitool as the plugin has it: natively, or by an ipmitool of one's own. */
export function ipmiMode(
  timing: Partial<Timing> = {},
  options: IpmitoolOptions = {},
): ReadonlyMap<string, Driver> & Disposable {
  const native = new Lanplus(timing);
  const modes = new Map([['ipmitool', ipmiDriver(native, ipmitoolDriver(new Ipmitool(options)))]]);
  return Object.assign(modes, { [Symbol.dispose]: () => native.close() });
}

/** Calls an action as the wrapper does, in mode ipmitool, with the params that reach a BMC. */
export function actor(modes: ReadonlyMap<string, Driver>, bmc: BmcAccess) {
  return (command: string, params: Record<string, unknown> = {}, signal = new AbortController().signal) =>
    act(modes, {
      plugin: 'ipmi',
      command,
      params: { ...bmcParams(bmc), 'detected-bios-mode': 'uefi', ...params },
      log,
      signal,
    });
}
