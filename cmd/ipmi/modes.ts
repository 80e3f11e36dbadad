import { Lanplus } from '../../lib/ipmi/index.ts';
import { withBmcBack } from './bmc-restart.ts';
import { Consoles } from './console/consoles.ts';
import type { Driver } from './driver.ts';
import { ipmiDriver } from './ipmi.ts';
import { ipmitoolDriver } from './ipmitool.ts';
import { lparDriver } from './lpar.ts';
import { withPowerSeen } from './power-change.ts';
import { racadmDriver } from './racadm.ts';
import { redfishDriver } from './redfish.ts';

const lanplus = new Lanplus();
/** The serial consoles that are open. */
export const consoles = new Consoles();

const racadm = withPowerSeen(racadmDriver(), { port: 'ipmi/port-racadm' });

/** The drivers, by `ipmi/mode`. */
export const modes: ReadonlyMap<string, Driver> = new Map([
  [
    'ipmitool',
    withPowerSeen(withBmcBack(ipmiDriver(lanplus, ipmitoolDriver(), consoles)), {
      port: 'ipmi/port-ipmitool',
      passesOff: isCycle,
    }),
  ],
  ['redfish', redfishDriver()],
  ['racadm', racadm],
  // A misspelling that exists in stored params.
  ['racadmn', racadm],
  ['lpar', lparDriver()],
]);

/** Whether the answer tells that the machine was power-cycled. One that was off is only switched on. */
function isCycle(said: unknown): boolean {
  return /Cycle/.test(String(said));
}

/** How many native IPMI sessions and consoles are open. */
export function openNow(): { sessions: number; consoles: number } {
  return { sessions: lanplus.openSessions, consoles: consoles.openCount };
}

/** Closes idle sessions that are kept for the next action. */
export function closeModes(): void {
  lanplus.close();
}
