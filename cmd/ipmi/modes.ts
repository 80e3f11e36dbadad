import type { Driver } from './driver.ts';
import { ipmitoolDriver } from './ipmitool.ts';
import { lparDriver } from './lpar.ts';
import { racadmDriver } from './racadm.ts';
import { redfishDriver } from './redfish.ts';

const racadm = racadmDriver();

/** The drivers by `ipmi/mode`. */
export const modes: ReadonlyMap<string, Driver> = new Map([
  ['ipmitool', ipmitoolDriver()],
  ['redfish', redfishDriver()],
  ['racadm', racadm],
  // A spelling that old data has.
  ['racadmn', racadm],
  ['lpar', lparDriver()],
]);
