import { COMPLETION } from '../completion-codes.ts';
import type { IpmiSession } from '../lanplus/bmc-session.ts';
import { refused } from './ask.ts';
import { channelNumber } from './channel.ts';

/** The source of a BMC's IPv4 address (IPMI 2.0, table 23-4, parameter 4). */
export type AddressSource = 'unspecified' | 'static' | 'dhcp' | 'bios' | 'other';

/** An IPv6 address of a BMC. */
export interface Ipv6Address {
  address: string;
  prefixLength: number;
  /** `dynamic`: from DHCPv6 or a router. */
  source: 'static' | 'dynamic';
}

/** The network settings of a BMC. Unknown ones are absent. */
export interface Lan {
  source?: AddressSource;
  address?: string;
  netmask?: string;
  gateway?: string;
  /** Form: `aa:bb:cc:dd:ee:ff`. */
  mac?: string;
  /** Set when packets have a VLAN tag. */
  vlan?: number;
  /** Addresses in use; absent if no address is in use, and always with ipmitool, which is not asked for them. */
  ipv6?: Ipv6Address[];
}

const ADDRESS_SOURCES: readonly AddressSource[] = ['unspecified', 'static', 'dhcp', 'bios', 'other'];

const GET_PARAMETER = { netFn: 0x0c, command: 0x02 };
/** Parameters (IPMI 2.0, table 23-4). */
const ADDRESS = 3;
const SOURCE = 4;
const MAC = 5;
const NETMASK = 6;
const GATEWAY = 12;
const VLAN = 20;
/** The numbers of IPv6 addresses: static ones in the low four bits of one byte, dynamic ones in another. */
const IPV6_STATUS = 55;
const IPV6_STATIC = 56;
const IPV6_DYNAMIC = 59;
/** BMCs have a few; a larger number is an error. */
const MOST_IPV6 = 16;
const IPV6_BYTES = 20;

/** Completion codes for parameters that a BMC does not have (IPMI 2.0, table 23-3) or does not know. */
const NOT_SUPPORTED = new Set<number>([0x80, COMPLETION.outOfRange, COMPLETION.notThere, 0xcc, 0xcd]);

/** The network settings of the session's channel. Throws ModelError. */
export async function readLan(session: IpmiSession): Promise<Lan> {
  const channel = await channelNumber(session);
  const get = (number: number, bytes: number, set = 0) => parameter(session, channel, number, bytes, set);
  const source = (await get(SOURCE, 1))?.readUInt8();
  const address = await get(ADDRESS, 4);
  const netmask = await get(NETMASK, 4);
  const gateway = await get(GATEWAY, 4);
  const mac = await get(MAC, 6);
  const vlan = (await get(VLAN, 2))?.readUInt16LE() ?? 0;
  const ipv6 = await ipv6Addresses(get);
  return {
    ...(source !== undefined && { source: ADDRESS_SOURCES[source & 0x0f] ?? 'unspecified' }),
    ...(address && { address: ipv4Text(address) }),
    ...(netmask && { netmask: ipv4Text(netmask) }),
    ...(gateway && { gateway: ipv4Text(gateway) }),
    ...(mac && { mac: [...mac].map((byte) => byte.toString(16).padStart(2, '0')).join(':') }),
    ...((vlan & 0x8000) !== 0 && { vlan: vlan & 0x0fff }),
    ...(ipv6.length > 0 && { ipv6 }),
  };
}

type Get = (number: number, bytes: number, set?: number) => Promise<Buffer | undefined>;

/** The first bytes of a parameter; undefined when the BMC does not have it or returns fewer. */
async function parameter(
  session: IpmiSession,
  channel: number,
  number: number,
  bytes: number,
  set: number,
): Promise<Buffer | undefined> {
  const request = { ...GET_PARAMETER, data: [channel, number, set, 0] };
  const { code, data } = await session.request(request, { privilege: 'operator', later: 'all' });
  if (NOT_SUPPORTED.has(code)) return undefined;
  if (code !== COMPLETION.ok) throw refused(session, `Get LAN Configuration Parameter ${number}`, code);
  // The first byte is the parameter revision.
  return data.length < 1 + bytes ? undefined : data.subarray(1, 1 + bytes);
}

async function ipv6Addresses(get: Get): Promise<Ipv6Address[]> {
  const [statics = 0, dynamics = 0] = (await get(IPV6_STATUS, 2)) ?? [];
  const found: Ipv6Address[] = [];
  for (const [number, count, source] of [
    [IPV6_STATIC, statics & 0x0f, 'static'],
    [IPV6_DYNAMIC, dynamics, 'dynamic'],
  ] as const) {
    for (let set = 0; set < Math.min(count, MOST_IPV6); set += 1) {
      const data = await get(number, IPV6_BYTES, set);
      if (data === undefined) break;
      const address = data.subarray(2, 18);
      // Static addresses have an enabled bit. Unused ones are all zero.
      const isOff = source === 'static' && (data.readUInt8(1) & 0x80) === 0;
      if (isOff || address.every((byte) => byte === 0)) continue;
      found.push({ address: ipv6Text(address), prefixLength: data.readUInt8(18), source });
    }
  }
  return found;
}

function ipv4Text(bytes: Buffer): string {
  return [...bytes].join('.');
}

/** Text form by RFC 5952. */
function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  const address = new URL(`http://[${groups.join(':')}]/`).hostname;
  return address.slice(1, -1);
}
