import { linkAt, type Resource, textAt, textsAt } from '../../../lib/https/index.ts';
import { foreignPath, own, say } from '../../../lib/models/index.ts';
import { type Found, isFound, type Service } from '../../../lib/redfish/index.ts';
import type { BootDevice } from './boot-targets.ts';

/** An entry of the boot order (schema BootOption). */
export interface BootOption {
  /** BootOptionReference, as listed in the boot order. */
  reference: string;
  /** UEFI device path; empty when the BMC does not tell it. */
  path: string;
}

/** Values of Alias, which equal boot sources. BMCs without Alias are matched by name and UEFI device path. */
const ALIASES: Readonly<Record<BootDevice, readonly string[]>> = {
  Pxe: ['pxe', 'uefihttp'],
  Hdd: ['hdd'],
  Cd: ['cd', 'usbcd'],
  VirtualCd: ['cd', 'usbcd'],
  BiosSetup: ['biossetup'],
  UefiHttp: ['uefihttp'],
};
const WORDS: Readonly<Record<BootDevice, RegExp>> = {
  Pxe: /\b(pxe\w{0,20}|nic|network|ipv[46]|lan|ethernet)\b|\bMAC\(/i,
  Hdd: /\b(hdd?|harddisk|hard (disk|drive)|ssd|sata|sas|nvme|raid|disk)\b|\b(HD|NVMe|Sata|Scsi|SasEx)\(/i,
  Cd: /\b(cd|dvd|cd-?rom|optical)\b|\bCDROM\(/i,
  BiosSetup: /\b(bios|system|uefi)? ?setup\b/i,
  UefiHttp: /\b(uefi)?http(s|v[46])?\b|\bUri\(/i,
  VirtualCd: /\b(virtual|usb|remote) ?(cd|dvd|cd-?rom|optical)\b|\b(cd|dvd|cd-?rom|optical)\b|\bCDROM\(/i,
};

/**
 * The entries for a device in the service's order; empty when there are no boot options. Unreadable ones are left out.
 */
export async function bootOptions(
  service: Service,
  system: Found,
  device: BootDevice,
): Promise<BootOption[]> {
  const link = linkAt(system.resource, 'Boot', 'BootOptions');
  const order = textsAt(system.resource, 'Boot', 'BootOrder') ?? [];
  if (link === undefined) {
    // References that name the device (iDRAC: NIC.PxeDevice.1-1, HardDisk.List.1-1).
    return order
      .filter((reference) => WORDS[device].test(reference.replaceAll('.', ' ')))
      .map((reference) => ({ reference, path: '' }));
  }
  const members = await service.members(link);
  for (const member of members) {
    if (isFound(member)) continue;
    service.warn(say`${foreignPath(member.uri)}: cannot be read: ${own(member.error.messages.join('; '))}`);
  }
  return members
    .filter(isFound)
    .filter(({ resource }) => isFor(resource, device))
    .map(({ resource }) => ({
      reference: textAt(resource, 'BootOptionReference') ?? textAt(resource, 'Id') ?? '',
      path: textAt(resource, 'UefiDevicePath') ?? '',
    }))
    .filter(({ reference }) => reference !== '');
}

function isFor(option: Resource, device: BootDevice): boolean {
  const alias = textAt(option, 'Alias');
  if (alias !== undefined && alias !== '') return ALIASES[device].includes(alias.toLowerCase());
  const about = ['DisplayName', 'Name', 'UefiDevicePath', 'BootOptionReference', 'Id'].map(
    (name) => textAt(option, name) ?? '',
  );
  return WORDS[device].test(about.join(' '));
}
