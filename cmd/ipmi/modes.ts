import type { Driver } from './driver.ts';
import { ipmitoolDriver } from './ipmitool.ts';
import { racadmDriver } from './racadm.ts';
import { redfishDriver } from './redfish.ts';

/** A driver that this version does not have. */
function missing(name: string): Driver {
  const none = async () => Promise.reject(new Error(`driver ${name} is missing`));
  return { name, commands: new Set(), probe: async () => false, run: none, power: none };
}

const racadm = racadmDriver();

/** The drivers by `ipmi/mode`. */
export const modes: ReadonlyMap<string, Driver> = new Map([
  ['ipmitool', ipmitoolDriver()],
  ['redfish', redfishDriver()],
  ['racadm', racadm],
  // A spelling that old data has.
  ['racadmn', racadm],
  ['lpar', missing('lpar')],
]);
