import { COMPLETION } from '../completion-codes.ts';
import type { IpmiSession } from '../lanplus/bmc-session.ts';
import { refused } from './ask.ts';
import type { Fields } from './fields.ts';

const GET_PARAMETER = { netFn: 0x0c, command: 0x22 };
const THIS_CHANNEL = 0x0e;
const NOT_SUPPORTED = 0x80;

const PROGRESS = ['set-complete', 'set-in-progress', 'commit-write'];
const PRIVILEGES: Readonly<Record<number, string>> = {
  1: 'CALLBACK',
  2: 'USER',
  3: 'OPERATOR',
  4: 'ADMINISTRATOR',
  5: 'OEM',
  15: 'NO ACCESS',
};
const BIT_RATES: Readonly<Record<number, string>> = {
  0: 'IPMI-Over-Serial-Setting',
  6: '9.6',
  7: '19.2',
  8: '38.4',
  9: '57.6',
  10: '115.2',
};

/** A parameter (IPMI 2.0, table 26-5): number, length, and decoder. */
interface Parameter {
  number: number;
  bytes: number;
  read: (data: Buffer) => Fields;
}

const PARAMETERS: readonly Parameter[] = [
  {
    number: 0,
    bytes: 1,
    read: ([value = 0]) => ({ 'Set in progress': PROGRESS[value & 3] ?? unknown(value & 3) }),
  },
  { number: 1, bytes: 1, read: ([value = 0]) => ({ Enabled: (value & 1) !== 0 }) },
  {
    number: 2,
    bytes: 1,
    read: ([value = 0]) => ({
      'Force Encryption': (value & 0x80) !== 0,
      'Force Authentication': (value & 0x40) !== 0,
      'Privilege Level': PRIVILEGES[value & 0x0f] ?? unknown(value & 0x0f),
    }),
  },
  {
    number: 3,
    bytes: 2,
    read: ([interval = 0, threshold = 0]) => ({
      'Character Accumulate Level (ms)': String(interval * 5),
      'Character Send Threshold': String(threshold),
    }),
  },
  {
    number: 4,
    bytes: 2,
    read: ([count = 0, interval = 0]) => ({
      'Retry Count': String(count),
      'Retry Interval (ms)': String(interval * 10),
    }),
  },
  { number: 6, bytes: 1, read: ([value = 0]) => ({ 'Volatile Bit Rate (kbps)': bitRate(value) }) },
  { number: 5, bytes: 1, read: ([value = 0]) => ({ 'Non-Volatile Bit Rate (kbps)': bitRate(value) }) },
  {
    number: 7,
    bytes: 1,
    read: ([value = 0]) => ({ 'Payload Channel': `${value} (0x${value.toString(16).padStart(2, '0')})` }),
  },
  { number: 8, bytes: 2, read: (data) => ({ 'Payload Port': String(data.readUInt16LE(0)) }) },
];

/**
 * The BMC's Serial over LAN settings, with the names of `ipmitool sol info`. Parameters that it does not have are left
 * out. Throws ModelError.
 */
export async function solInfo(session: IpmiSession): Promise<Fields> {
  const info: Fields = {};
  for (const { number, bytes, read } of PARAMETERS) {
    const request = { ...GET_PARAMETER, data: [THIS_CHANNEL, number, 0, 0] };
    const { code, data } = await session.request(request);
    if (code === NOT_SUPPORTED) continue;
    if (code !== COMPLETION.ok) throw refused(session, 'Get SOL Configuration Parameters', code);
    if (data.length >= 1 + bytes) Object.assign(info, read(data.subarray(1)));
  }
  return info;
}

function bitRate(value: number): string {
  return BIT_RATES[value & 0x0f] ?? unknown(value & 0x0f);
}

function unknown(value: number): string {
  return `Unknown (0x${value.toString(16).toUpperCase().padStart(2, '0')})`;
}
