import { Lanplus } from '../../lib/ipmi/index.ts';
import type { Driver } from './driver.ts';
import { lparDriver } from './lpar.ts';
import { racadmDriver } from './racadm.ts';
import { redfishDriver } from './redfish.ts';
import { ipmiDriver } from './transport.ts';

const lanplus = new Lanplus();
const racadm = racadmDriver();

/** The drivers by `ipmi/mode`. */
export const modes: ReadonlyMap<string, Driver> = new Map([
  ['ipmitool', ipmiDriver(lanplus)],
  ['redfish', redfishDriver()],
  ['racadm', racadm],
  // A spelling that old data has.
  ['racadmn', racadm],
  ['lpar', lparDriver()],
]);

/** Ends the sessions that are kept for more work. */
export function closeModes(): void {
  lanplus.close();
}
