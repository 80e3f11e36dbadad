import type { AddressSource, Lan } from '../commands/lan.ts';
import { parseFields } from './fields.ts';

/** Sources by the first words of ipmitool's text. */
const SOURCES: Readonly<Record<string, AddressSource>> = {
  Unspecified: 'unspecified',
  Static: 'static',
  DHCP: 'dhcp',
  BIOS: 'bios',
  Use: 'other',
  Other: 'other',
};

/** Parses the output of `lan print`. */
export function parseLan(text: string): Lan {
  const fields = parseFields(text);
  const source = fields['IP Address Source'];
  const vlan = Number(fields['802.1q VLAN ID']);
  return {
    ...(source !== undefined && { source: SOURCES[String(source).split(' ')[0] ?? ''] ?? 'unspecified' }),
    ...named('address', fields['IP Address']),
    ...named('netmask', fields['Subnet Mask']),
    ...named('gateway', fields['Default Gateway IP']),
    ...named('mac', fields['MAC Address']),
    ...(Number.isInteger(vlan) && vlan > 0 && { vlan }),
  };
}

function named(name: keyof Lan, value: unknown): Partial<Lan> {
  return typeof value === 'string' && value !== '' ? { [name]: value } : {};
}
