import { refusal } from '../../models/index.ts';
import { COMPLETION } from '../completion-codes.ts';
import type { IpmiSession } from '../lanplus/bmc-session.ts';
import { ask, refused, tooShort } from './ask.ts';
import { type BootFlags, readBootFlags } from './boot-flags.ts';

export type BootDevice = 'none' | 'pxe' | 'disk' | 'cdrom' | 'bios';

export interface BootOrder {
  device: BootDevice;
  uefi: boolean;
  /** For all starts, not only the next. */
  persistent: boolean;
}

/** Boot device selectors (IPMI 2.0, table 28-14). */
const SELECTORS: Readonly<Record<BootDevice, number>> = { none: 0, pxe: 1, disk: 2, cdrom: 5, bios: 6 };

const VALID = 0x80;
const PERSISTENT = 0x40;
const UEFI = 0x20;
/** Supermicro's selector for a disk under UEFI, and the manufacturer ids to use it for. */
const SUPERMICRO_UEFI_DISK = 9;
const SUPERMICRO = new Set([10_876, 47_488]);
const BOOT_FLAGS = 5;
const KEEP_FLAGS = 3;
const SET_IN_PROGRESS = 0;
const COMPLETE = 0;
/** Completion code: another client has begun to set options, possibly long ago. */
const IN_PROGRESS_ELSEWHERE = 0x81;
/** Bits that keep the flags after a press of the power button, a reset, a watchdog reset, and a minute. */
const KEEP_ALWAYS = 0x0f;

/**
 * Sets what the machine boots from, and reads it back: some BMCs drop a part of it, some only the first time. Returns
 * ipmitool's message. Throws ModelError; 502 with the BMC's settings when it does not keep them.
 */
export async function setBootOrder(session: IpmiSession, order: BootOrder): Promise<string> {
  const { device, uefi, persistent } = order;
  // Ignored if it fails: a BMC without this option still boots the device when the machine starts in time.
  await setOption(session, KEEP_FLAGS, [KEEP_ALWAYS]);
  const flags = VALID | (persistent ? PERSISTENT : 0) | (uefi ? UEFI : 0);
  const selector = await selectorFor(session, order);
  let now: BootFlags | undefined;
  for (let tries = 0; tries < 2; tries += 1) {
    await setFlags(session, device, [flags, selector << 2, 0, 0, 0]);
    now = await flagsNow(session);
    if (now === undefined || isKept(now, order, selector)) return `Set Boot Device to ${device}\n`;
  }
  throw refusal(502, [
    `BMC ${session.bmc}: accepted the boot device and did not store it`,
    `asked for: ${described({ valid: true, device, mode: modeOf(uefi), persistent })}`,
    `the BMC has: ${now === undefined ? 'nothing' : described(now)}`,
  ]);
}

/**
 * The selector of the device. On Supermicro's boards the standard one of a disk means a legacy boot (openstack/ironic,
 * ipmitool.py).
 */
async function selectorFor(session: IpmiSession, { device, uefi }: BootOrder): Promise<number> {
  if (device !== 'disk' || !uefi) return SELECTORS[device];
  const { code, data } = await session.request(GET_DEVICE_ID);
  const isSupermicro = code === COMPLETION.ok && data.length >= 9 && SUPERMICRO.has(data.readUIntLE(6, 3));
  return isSupermicro ? SUPERMICRO_UEFI_DISK : SELECTORS.disk;
}

async function setFlags(session: IpmiSession, device: BootDevice, bytes: readonly number[]): Promise<void> {
  let code = await setOption(session, BOOT_FLAGS, bytes);
  if (code === IN_PROGRESS_ELSEWHERE) {
    await setOption(session, SET_IN_PROGRESS, [COMPLETE]);
    code = await setOption(session, BOOT_FLAGS, bytes);
  }
  if (code !== COMPLETION.ok) throw refused(session, `Set Boot Device to ${device}`, code);
}

/** The current boot flags (boot option 5). Throws ModelError. */
export async function bootFlags(session: IpmiSession): Promise<BootFlags> {
  const data = await ask(session, `Get Chassis Boot Parameter ${BOOT_FLAGS}`, GET_BOOT_FLAGS);
  const flags = readBootFlags(data.subarray(2));
  if (flags === undefined) throw tooShort(session, 'Get System Boot Options', data);
  return flags;
}

/** The current boot flags; undefined when they cannot be read. The BMC has accepted the command then. */
async function flagsNow(session: IpmiSession): Promise<BootFlags | undefined> {
  const { code, data } = await session.request(GET_BOOT_FLAGS);
  return code === COMPLETION.ok ? readBootFlags(data.subarray(2)) : undefined;
}

/** Whether the BMC has kept the order. Some keep the device but no flags, not even `valid`; those are trusted. */
function isKept(now: BootFlags, { device, uefi, persistent }: BootOrder, selector: number): boolean {
  const kept = (Number.parseInt(now.data.slice(2, 4), 16) >> 2) & 0x0f;
  if (!now.valid) return kept === selector || device === 'none';
  return kept === selector && now.persistent === persistent && now.mode === modeOf(uefi);
}

function modeOf(uefi: boolean): BootFlags['mode'] {
  return uefi ? 'uefi' : 'legacy-bios';
}

function described({ valid, device, mode, persistent }: Omit<BootFlags, 'data'>): string {
  return valid
    ? `${device}, ${mode}, for ${persistent ? 'every start' : 'the next start'}`
    : 'no boot device';
}

const GET_DEVICE_ID = { netFn: 0x06, command: 0x01 };
const GET_BOOT_FLAGS = { netFn: 0x00, command: 0x09, data: [BOOT_FLAGS, 0, 0] };

/** Sets a boot option. Returns the completion code. */
async function setOption(session: IpmiSession, option: number, data: readonly number[]): Promise<number> {
  const request = { netFn: 0x00, command: 0x08, data: [option, ...data] };
  const later = option === BOOT_FLAGS ? 'all' : 'not done';
  return (await session.request(request, { privilege: 'operator', later })).code;
}
