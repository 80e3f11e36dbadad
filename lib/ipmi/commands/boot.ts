import { COMPLETION } from '../completion-codes.ts';
import type { IpmiSession } from '../lanplus/bmc-session.ts';
import { refusal } from '../refusal.ts';
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
const BOOT_FLAGS = 5;
const KEEP_FLAGS = 3;
const SET_IN_PROGRESS = 0;
const COMPLETE = 0;
/** Somebody else has said that it is setting options, perhaps long ago. */
const IN_PROGRESS_ELSEWHERE = 0x81;
/** Not to forget the flags when the power button is pressed, after a reset, by the watchdog, and after a minute. */
const KEEP_ALWAYS = 0x0f;

/** What came of setting the boot device. */
export interface BootOrderSet {
  /** What ipmitool says of success. */
  text: string;
  /** What the BMC has otherwise than it was asked for, although the device is right. */
  note?: string;
}

/**
 * Sets what the machine boots from, and reads it back: some BMCs lose a part of what they took. Throws ModelError; 502
 * that tells what the BMC has now when that is another device, or for another time.
 */
export async function setBootOrder(session: IpmiSession, order: BootOrder): Promise<BootOrderSet> {
  const { device, uefi, persistent } = order;
  // A BMC without it still boots in time.
  await setOption(session, KEEP_FLAGS, [KEEP_ALWAYS]);
  const flags = device === 'none' ? 0 : VALID | (persistent ? PERSISTENT : 0) | (uefi ? UEFI : 0);
  const bytes = [flags, SELECTORS[device] << 2, 0, 0, 0];
  let code = await setOption(session, BOOT_FLAGS, bytes);
  if (code === IN_PROGRESS_ELSEWHERE) {
    await setOption(session, SET_IN_PROGRESS, [COMPLETE]);
    code = await setOption(session, BOOT_FLAGS, bytes);
  }
  if (code !== COMPLETION.ok) throw refused(session, `Set Boot Device to ${device}`, code);
  const note = await difference(session, order);
  return { text: `Set Boot Device to ${device}\n`, ...(note !== undefined && { note }) };
}

/** The boot flags as they are (boot option 5). Throws ModelError. */
export async function bootFlags(session: IpmiSession): Promise<BootFlags> {
  const data = await ask(session, `Get Chassis Boot Parameter ${BOOT_FLAGS}`, GET_BOOT_FLAGS);
  const flags = readBootFlags(data.subarray(2));
  if (flags === undefined) throw tooShort(session, 'Get System Boot Options', data);
  return flags;
}

/** How what the BMC has now differs in what may not matter. Throws ModelError 502 when it does matter. */
async function difference(
  session: IpmiSession,
  { device, uefi, persistent }: BootOrder,
): Promise<string | undefined> {
  const { code, data } = await session.request(GET_BOOT_FLAGS);
  const now = code === COMPLETION.ok ? readBootFlags(data.subarray(2)) : undefined;
  // A BMC that cannot be asked took the command.
  if (now === undefined) return undefined;
  const isDevice = ((data.readUInt8(3) >> 2) & 0x0f) === SELECTORS[device];
  // Some keep the device and nothing else.
  if (!now.valid && (isDevice || device === 'none')) return undefined;
  if (!isDevice || now.persistent !== persistent) {
    const asked = described({ valid: true, device, mode: modeOf(uefi), persistent });
    throw refusal(502, [
      `BMC ${session.bmc}: took the boot device and did not keep it as it was given`,
      `asked for: ${asked}`,
      `the BMC has: ${described(now)}`,
    ]);
  }
  if (device === 'none' || now.mode === modeOf(uefi)) return undefined;
  return `BMC ${session.bmc}: was told to boot in mode ${modeOf(uefi)}, and has ${described(now)}`;
}

function modeOf(uefi: boolean): BootFlags['mode'] {
  return uefi ? 'uefi' : 'legacy-bios';
}

function described({ valid, device, mode, persistent }: Omit<BootFlags, 'data'>): string {
  return valid
    ? `${device}, ${mode}, for ${persistent ? 'every start' : 'the next start'}`
    : 'no boot device';
}

const GET_BOOT_FLAGS = { netFn: 0x00, command: 0x09, data: [BOOT_FLAGS, 0, 0] };

/** Returns the completion code. */
async function setOption(session: IpmiSession, option: number, data: readonly number[]): Promise<number> {
  const request = { netFn: 0x00, command: 0x08, data: [option, ...data] };
  return (await session.request(request, { privilege: 'operator' })).code;
}
