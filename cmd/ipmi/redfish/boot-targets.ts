import { type Resource, textAt, textsAt } from '../../../lib/https/index.ts';

/** What to boot from. `VirtualCd` is the drive of virtual media, which is `Cd` at most BMCs. */
export type BootDevice = 'Pxe' | 'Hdd' | 'Cd' | 'VirtualCd' | 'BiosSetup' | 'UefiHttp';

/** Values of the schema ComputerSystem, BootSource, for BMCs that list none. */
const STANDARD: Readonly<Record<BootDevice, string>> = {
  Pxe: 'Pxe',
  Hdd: 'Hdd',
  Cd: 'Cd',
  VirtualCd: 'Cd',
  BiosSetup: 'BiosSetup',
  UefiHttp: 'UefiHttp',
};

/**
 * Names of a device in the lists of BMCs, in lower case and without punctuation, in order of preference. `CD/DVD` is
 * Supermicro X10, `UsbCd` the virtual CD of Supermicro X11 and later (redhat-performance/jetlag 18 and 152;
 * openstack/sushy), whose `Cd` is accepted and boots nothing.
 */
const NAMES: Readonly<Record<BootDevice, readonly string[]>> = {
  Pxe: ['pxe', 'networkpxe', 'network', 'lan', 'nic'],
  Hdd: ['hdd', 'hd', 'harddisk', 'harddrive', 'disk', 'defaultharddisk'],
  Cd: ['cd', 'cddvd', 'dvd', 'cdrom', 'cddvdrom', 'usbcd', 'virtualcd', 'remotecd'],
  VirtualCd: ['usbcd', 'virtualcd', 'remotecd', 'cd', 'cddvd', 'dvd', 'cdrom', 'cddvdrom'],
  BiosSetup: ['biossetup', 'bios', 'setup', 'biossetuputility', 'uefisetup'],
  UefiHttp: ['uefihttp', 'uefihttpboot', 'httpboot', 'http'],
};
/** Also a network boot, used when there is no other. */
const HTTP = 'uefihttp';

/** The boot sources that a BMC lists in its system or settings; undefined when it lists none. */
export function listedTargets(...resources: readonly (Resource | undefined)[]): string[] | undefined {
  for (const resource of resources) {
    const listed =
      textsAt(resource, 'Boot', 'BootSourceOverrideTarget@Redfish.AllowableValues') ??
      // The name in the first versions of the schema (iLO 4, Supermicro X10).
      textsAt(resource, 'Boot', 'BootSourceOverrideSupported');
    if (listed !== undefined && listed.length > 0) return listed;
  }
  return undefined;
}

/** The BMC's name for a device in the machine's boot mode; undefined when the BMC does not list it. */
export function targetFor(
  listed: readonly string[] | undefined,
  device: BootDevice,
  { isUefi, isSupermicro }: { isUefi: boolean; isSupermicro: boolean },
): string | undefined {
  if (listed === undefined) return STANDARD[device];
  const names = NAMES[device === 'Cd' && isSupermicro ? 'VirtualCd' : device];
  const wanted = isUefi ? names.flatMap((name) => [`uefi${name}`, name]) : [...names];
  if (device === 'Pxe' && isUefi) wanted.push(HTTP);
  for (const name of wanted) {
    const target = listed.find((other) => plain(other) === name);
    if (target !== undefined) return target;
  }
  return undefined;
}

export function isSupermicro(system: Resource): boolean {
  return /super\s?micro/i.test(textAt(system, 'Manufacturer') ?? '');
}

function plain(target: string): string {
  return target.toLowerCase().replace(/[^a-z0-9]/g, '');
}
