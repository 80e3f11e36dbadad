import { BlockList, isIPv4 } from 'node:net';
import type { RawModel } from '../../../models/index.ts';
import type { Lookup } from '../lookup.ts';
import { COMMON, NAME, type Part, type Prefix } from './prefix.ts';

/** dr-provision's strategies for choosing an address. */
const PICKERS = ['none', 'hint', 'nextFree', 'mostExpired', 'point2point'];
const SHORTEST_ACTIVE_SECONDS = 60;
const SHORTEST_RESERVED_SECONDS = 7200;
const SUBNET_MASK = 1;
const BROADCAST_ADDRESS = 28;

const OPTIONS: Part = { holds: 'list', shape: { fields: { Code: 0, Value: '' } } };

/** Object types of DHCP. They are stored and validated, but there is no DHCP server. */
export const NETWORK_PREFIXES: Readonly<Record<string, Prefix>> = {
  subnets: {
    key: 'Name',
    name: { pattern: NAME, refusal: 'Invalid Name' },
    formats: { NextServer: 'IP Address', ActiveStart: 'IP Address', ActiveEnd: 'IP Address' },
    fields: {
      ...COMMON,
      Name: '',
      Description: '',
      Documentation: '',
      Enabled: false,
      Proxy: false,
      Unmanaged: false,
      Subnet: '',
      NextServer: '',
      ActiveStart: '',
      ActiveEnd: '',
      ActiveLeaseTime: SHORTEST_ACTIVE_SECONDS,
      ReservedLeaseTime: SHORTEST_RESERVED_SECONDS,
      OnlyReservations: false,
      Options: [],
      Strategy: 'MAC',
      Pickers: [],
    },
    parts: { Options: OPTIONS },
    prepare: prepareSubnet,
    check: checkSubnet,
    change: (subnet, { original }) =>
      unchanged(subnet, original, { Strategy: 'Strategy', Subnet: 'Subnet range' }),
    missing: overlaps,
  },
  reservations: {
    key: 'Addr',
    keyOf: hexAddress,
    formats: { Addr: 'IP Address', NextServer: 'IP Address' },
    fields: {
      ...COMMON,
      Addr: '',
      Description: '',
      Documentation: '',
      Token: '',
      Subnet: '',
      NextServer: '',
      Options: [],
      Strategy: '',
      Scoped: false,
      Duration: 0,
    },
    parts: { Options: OPTIONS },
    check: (reservation) => [
      ...address(reservation.Addr),
      ...optionalAddress(reservation.NextServer),
      ...(reservation.Token === '' ? ['Reservation Token cannot be empty!'] : []),
      ...(reservation.Strategy === '' ? ['Reservation Strategy cannot be empty!'] : []),
    ],
    change: changeReservation,
  },
  leases: {
    key: 'Addr',
    keyOf: hexAddress,
    formats: { Addr: 'IP Address', NextServer: 'IP Address' },
    routes: 'read',
    fields: {
      ...COMMON,
      Addr: '',
      NextServer: '',
      Via: '',
      Token: '',
      Duration: 0,
      ExpireTime: '0001-01-01T00:00:00Z',
      Strategy: '',
      State: '',
      Options: [],
      ProvidedOptions: [],
      SkipBoot: false,
    },
    parts: { Options: OPTIONS, ProvidedOptions: OPTIONS },
  },
};

/** An IPv4 address in the form of a key: `C0A86401` for 192.168.100.1. Other text is unchanged. */
function hexAddress(text: string): string {
  if (!isIPv4(text)) return text;
  const digits = text.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return digits.join('').toUpperCase();
}

/** Whether a machine can have the address: not loopback, multicast, broadcast, link-local or 0.0.0.0. */
function isGlobal(text: string): boolean {
  if (!isIPv4(text)) return false;
  const [first = 0, second] = text.split('.').map(Number);
  if (text === '0.0.0.0' || text === '255.255.255.255') return false;
  return first !== 127 && !(first >= 224 && first < 240) && !(first === 169 && second === 254);
}

function address(value: unknown): string[] {
  if (value === '') return ['IP Address is nil'];
  return isGlobal(String(value)) ? [] : [`${value} is not a valid IP address for dr-provision`];
}

function optionalAddress(value: unknown): string[] {
  return value === '' || value === '0.0.0.0' ? [] : address(value);
}

interface Range {
  network: string;
  mask: string;
  broadcast: string;
  contains(text: string): boolean;
}

function rangeOf(text: unknown): Range | undefined {
  const [, start = '', bits = ''] = /^([\d.]+)\/(\d{1,2})$/.exec(String(text)) ?? [];
  const prefix = Number(bits);
  if (bits === '' || !isIPv4(start) || prefix > 32) return undefined;
  const list = new BlockList();
  list.addSubnet(start, prefix);
  const mask = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  const base = (numberOf(start) & mask) >>> 0;
  return {
    network: addressOf(base),
    mask: addressOf(mask),
    broadcast: addressOf((base | ~mask) >>> 0),
    contains: (other) => isIPv4(other) && list.check(other),
  };
}

function numberOf(text: string): number {
  return text.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');
}

function prepareSubnet(subnet: RawModel): void {
  if ((subnet.Pickers as string[]).length === 0)
    subnet.Pickers = subnet.OnlyReservations === true ? ['none'] : ['hint', 'nextFree', 'mostExpired'];
  subnet.ActiveLeaseTime ||= SHORTEST_ACTIVE_SECONDS;
  subnet.ReservedLeaseTime ||= SHORTEST_RESERVED_SECONDS;
  const range = rangeOf(subnet.Subnet);
  if (range === undefined) return;
  const own = new Map([
    [SUBNET_MASK, range.mask],
    [BROADCAST_ADDRESS, range.broadcast],
  ]);
  const options = (subnet.Options as { Code: number; Value: string }[]).map((option) => {
    const Value = own.get(option.Code);
    own.delete(option.Code);
    return Value === undefined ? option : { ...option, Value };
  });
  subnet.Options = [...options, ...[...own].map(([Code, Value]) => ({ Code, Value }))];
}

function checkSubnet(subnet: RawModel): string[] {
  const range = rangeOf(subnet.Subnet);
  if (range === undefined) return [`Invalid subnet ${subnet.Subnet}: invalid CIDR address: ${subnet.Subnet}`];
  const { ActiveStart, ActiveEnd, ActiveLeaseTime, ReservedLeaseTime } = subnet;
  const problems = [...address(range.network), ...optionalAddress(subnet.NextServer)];
  if (subnet.Proxy === true && subnet.Unmanaged === true)
    problems.push('Unmanaged and Proxy cannot both be true');
  if (subnet.OnlyReservations !== true && subnet.Proxy !== true) {
    problems.push(...address(ActiveStart), ...address(ActiveEnd));
    for (const [field, value] of Object.entries({ ActiveStart, ActiveEnd })) {
      if (!range.contains(String(value)))
        problems.push(`${field} ${value} not in subnet range ${subnet.Subnet}`);
    }
    if (numberOf(String(ActiveStart)) > numberOf(String(ActiveEnd)))
      problems.push(`ActiveStart ${ActiveStart} must be less than or equal to ActiveEnd ${ActiveEnd}`);
    if (Number(ActiveLeaseTime) < SHORTEST_ACTIVE_SECONDS)
      problems.push(`ActiveLeaseTime must be greater than or equal to 60 seconds, not ${ActiveLeaseTime}`);
  }
  if (Number(ReservedLeaseTime) < SHORTEST_RESERVED_SECONDS)
    problems.push(
      `ReservedLeaseTime must be greater than or equal to 7200 seconds, not ${ReservedLeaseTime}`,
    );
  for (const picker of subnet.Pickers as string[]) {
    if (!PICKERS.includes(picker)) problems.push(`Picker ${picker} is not a valid lease picking strategy`);
  }
  return problems;
}

function overlaps({ Name, Subnet }: RawModel, store: Lookup): string[] {
  const own = rangeOf(Subnet);
  if (own === undefined) return [];
  return [...store.each('subnets')]
    .filter((other) => other.Name !== Name && rangeOf(other.Subnet)?.contains(own.network))
    .map((other) => `Overlaps subnet ${other.Name}`);
}

function changeReservation(
  reservation: RawModel,
  { original, store }: { original: RawModel | undefined; store: Lookup },
): string[] {
  if (original !== undefined) {
    const fixed = { Token: 'Token', Strategy: 'Strategy', Scoped: 'Scoped', Subnet: 'Subnet' };
    return unchanged(reservation, original, fixed);
  }
  const { Addr, Token, Strategy, Scoped } = reservation;
  // Another check reports invalid addresses.
  if (!isIPv4(String(Addr))) return [];
  const problems: string[] = [];
  const subnet = [...store.each('subnets')].find((each) => rangeOf(each.Subnet)?.contains(String(Addr)));
  const range = rangeOf(subnet?.Subnet);
  if (range !== undefined && [range.network, range.broadcast].includes(String(Addr)))
    problems.push(`Address ${Addr} is a network or broadcast address for subnet ${subnet?.Name}`);
  if (Scoped === true) {
    if (subnet === undefined)
      return [...problems, `Address ${Addr} is not in a defined Subnet, and Scoped is true.`];
    reservation.Subnet = subnet.Name;
  }
  for (const other of store.each('reservations')) {
    if (other.Addr === Addr || other.Token !== Token || other.Strategy !== Strategy) continue;
    const key = hexAddress(String(other.Addr));
    const same = `already has Strategy ${Strategy}: Token ${Token}`;
    if (Scoped !== true) problems.push(`Reservation ${key} ${same}`);
    else if (other.Scoped !== true) problems.push(`Unscoped reservation ${key} ${same}`);
    else if (range?.contains(String(other.Addr)))
      problems.push(`Reservation ${key} in subnet ${subnet?.Name} ${same}`);
  }
  return problems;
}

/** `Strategy cannot change` for each of the fields whose value differs. */
function unchanged(
  object: RawModel,
  original: RawModel | undefined,
  fields: Readonly<Record<string, string>>,
): string[] {
  if (original === undefined) return [];
  return Object.entries(fields)
    .filter(([field]) => object[field] !== original[field])
    .map(([, shown]) => `${shown} cannot change`);
}
