import { refusal } from '../../models/index.ts';
import { COMPLETION } from '../completion-codes.ts';
import type { IpmiSession } from '../lanplus/bmc-session.ts';
import { ask, refused, tooShort } from './ask.ts';
import { type BootFlags, readBootFlags } from './boot-flags.ts';

export type BootDevice = 'none' | 'pxe' | 'disk' | 'cdrom' | 'bios';

export interface BootOrder {
  device: BootDevice;
  uefi: boolean;
  /** For every start, not only the next. */
  persistent: boolean;
}

/** Boot device selectors (IPMI 2.0, table 28-14). */
const SELECTORS: Readonly<Record<BootDevice, number>> = { none: 0, pxe: 1, disk: 2, cdrom: 5, bios: 6 };

const VALID = 0x80;
const PERSISTENT = 0x40;
const UEFI = 0x20;
/** Supermicro's selector of a disk under UEFI, and its makers' numbers. */
const SUPERMICRO_UEFI_DISK = 9;
const SUPERMICRO = new Set([10_876, 47_488]);
const BOOT_FLAGS = 5;
const KEEP_FLAGS = 3;
const SET_IN_PROGRESS = 0;
const COMPLETE = 0;
/** Somebody else has said that it is setting options, perhaps long ago. */
const IN_PROGRESS_ELSEWHERE = 0x81;
/** Not to forget the flags when the power button is pressed, after a reset, by the watchdog, and after a minute. */
const KEEP_ALWAYS = 0x0f;

/**
 * Sets what the machine boots from, and reads it back: some BMCs lose a part of what they took, some only the first time.
 * Returns what ipmitool says. Throws ModelError; 502 that tells what the BMC has when it does not keep it.
 */
export async function setBootOrder(session: IpmiSession, order: BootOrder): Promise<string> {
  const { device, uefi, persistent } = order;
  // A BMC without it still boots in time.
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
    `BMC ${session.bmc}: took the boot device and did not keep it`,
    `asked for: ${described({ valid: true, device, mode: modeOf(uefi), persistent })}`,
    `the BMC has: ${now === undefined ? 'nothing' : described(now)}`,
  ]);
}

/** The standard selector of a disk is that of legacy boots on Supermicro's (openstack/ironic, ipmitool.py). */
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

/** The boot flags as they are (boot option 5). Throws ModelError. */
export async function bootFlags(session: IpmiSession): Promise<BootFlags> {
  const data = await ask(session, `Get Chassis Boot Parameter ${BOOT_FLAGS}`, GET_BOOT_FLAGS);
  const flags = readBootFlags(data.subarray(2));
  if (flags === undefined) throw tooShort(session, 'Get System Boot Options', data);
  return flags;
}

/** Undefined from a BMC that cannot be asked: it took the command. */
async function flagsNow(session: IpmiSession): Promise<BootFlags | undefined> {
  const { code, data } = await session.request(GET_BOOT_FLAGS);
  return code === COMPLETION.ok ? readBootFlags(data.subarray(2)) : undefined;
}

/** Some keep the device and no flags, not even whether it is valid: those are taken at their word. */
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

/** Returns the completion code. */
async function setOption(session: IpmiSession, option: number, data: readonly number[]): Promise<number> {
  const request = { netFn: 0x00, command: 0x08, data: [option, ...data] };
  const later = option === BOOT_FLAGS ? 'all' : 'not done';
  return (await session.request(request, { privilege: 'operator', later })).code;
}
