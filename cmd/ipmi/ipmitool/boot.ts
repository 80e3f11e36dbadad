import { type BootFlags, type Call, parseBootFlags, parseFields, refusal } from '../../../lib/ipmi/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import type { Request } from '../driver.ts';
import { bootsByUefi, textParam } from '../params.ts';
import { unreadable, type Work } from './work.ts';

/** Sets a boot device for the next start only. */
export function nextBoot(device: BootDevice): Work {
  return setBoot(device, { isPersistent: false });
}

/** Sets a boot device for all starts. */
export function forceBoot(device: BootDevice): Work {
  return setBoot(device, { isPersistent: true });
}

function setBoot(device: BootDevice, { isPersistent }: { isPersistent: boolean }): Work {
  return async (call, request) => {
    const isUefi = bootsByUefi(request.params);
    await keepBootFlags(call);
    const wish = { device, isUefi, isPersistent };
    if (await needsOwnDisk(call, wish)) return setAndCheck(call, request, wish, SUPERMICRO_UEFI_DISK);
    // ipmitool before 1.8.19 cannot set efiboot and persistent together.
    if (isUefi && isPersistent) return setAndCheck(call, request, wish, SELECTORS[device]);
    const options = isPersistent ? ['options=persistent'] : isUefi ? ['options=efiboot'] : [];
    return checked(call, request, wish, await bootDevice(call, device, ...options));
  };
}

type BootDevice = 'pxe' | 'disk' | 'cdrom' | 'bios';

interface BootWish {
  device: BootDevice;
  isUefi: boolean;
  isPersistent: boolean;
}

/** Data 2 of boot option 5 (IPMI 2.0, table 28-14: the selector is in bits 5 to 2). */
const SELECTORS: Readonly<Record<BootDevice, number>> = { pxe: 0x04, disk: 0x08, cdrom: 0x14, bios: 0x18 };
/**
 * Supermicro's selector for a disk under UEFI; the standard one means a legacy boot there (openstack/ironic,
 * ipmitool.py).
 */
const SUPERMICRO_UEFI_DISK = 0x24;
const SUPERMICRO = new Set(['10876', '47488']);

async function needsOwnDisk(call: Call, { device, isUefi }: BootWish): Promise<boolean> {
  if (device !== 'disk' || !isUefi) return false;
  const about = await call(['mc', 'info']).catch((error: unknown) => {
    if (error instanceof ModelError) return undefined;
    throw error;
  });
  return SUPERMICRO.has(String(parseFields(about?.stdout ?? '')['Manufacturer ID']));
}

/** Sets boot option 5 as raw bytes. */
async function setRaw(call: Call, { isUefi, isPersistent }: BootWish, selector: number): Promise<string> {
  // Bits: valid, persistent, UEFI.
  const flags = 0x80 | (isPersistent ? 0x40 : 0) | (isUefi ? 0x20 : 0);
  const bytes = [0x00, 0x08, 0x05, flags, selector, 0x00, 0x00, 0x00].map(
    (byte) => `0x${byte.toString(16).padStart(2, '0')}`,
  );
  return (await call(['raw', ...bytes])).stdout;
}

async function setAndCheck(call: Call, request: Request, wish: BootWish, selector: number): Promise<string> {
  await setRaw(call, wish, selector);
  return checked(call, request, wish, `Set Boot Device to ${wish.device}\n`, selector);
}

/**
 * Checks that the BMC has kept the device; otherwise sets it once more as raw bytes. Returns `said`. Nothing is checked
 * when the BMC keeps no flags at all, or they cannot be read. Throws ModelError 502 with the BMC's settings.
 */
async function checked(
  call: Call,
  request: Request,
  wish: BootWish,
  said: string,
  selector = SELECTORS[wish.device],
): Promise<string> {
  const first = await flagsNow(call);
  if (first === undefined || isKept(first, wish, selector)) return said;
  await setRaw(call, wish, selector);
  const now = await flagsNow(call);
  if (now === undefined || isKept(now, wish, selector)) return said;
  const span = (persistent: boolean) => (persistent ? 'every start' : 'the next start');
  const asked = `${wish.device}, ${wish.isUefi ? 'uefi' : 'legacy-bios'}, ${span(wish.isPersistent)}`;
  const has = `${now.device}, ${now.mode}, ${span(now.persistent)}${now.valid ? '' : ', not valid'}`;
  const bmc = textParam(request.params, 'ipmi/address');
  throw refusal(502, `BMC ${bmc}: the boot device is not set: asked for ${asked}; the BMC has ${has}`);
}

async function flagsNow(call: Call): Promise<BootFlags | undefined> {
  try {
    return parseBootFlags((await call(['chassis', 'bootparam', 'get', '5'])).stdout);
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}

function isKept(flags: BootFlags, { isUefi, isPersistent }: BootWish, selector: number): boolean {
  const [, kept = 0] = Buffer.from(flags.data, 'hex');
  if ((kept & 0x3c) !== selector) return false;
  return !flags.valid || (flags.persistent === isPersistent && (flags.mode === 'uefi') === isUefi);
}

/** Runs chassis bootdev. ipmitool 1.8.19 exits with code 0 when the BMC refuses the device, so its text is checked. */
async function bootDevice(call: Call, device: BootDevice | 'none', ...options: string[]): Promise<string> {
  const done = { proof: 'Set Boot Device to' };
  return (await call(['chassis', 'bootdev', device, ...options], done)).stdout;
}

/**
 * Keeps the BMC from dropping boot flags after a minute. ipmitool 1.8.19 refuses the options for this (with code 0), so
 * boot option 3 is set raw. A BMC without that option still boots the device when the machine starts in time.
 */
async function keepBootFlags(call: Call): Promise<void> {
  const options = 'options=no-power,no-reset,no-watchdog,no-timeout';
  const { stderr } = await call(['chassis', 'bootparam', 'set', 'bootflag', 'none', options]);
  if (!stderr.includes('Invalid option: no-')) return;
  try {
    await call(['raw', '0x00', '0x08', '0x03', '0x0f']);
  } catch {
    // Some BMCs do not have boot option 3.
  }
}

export function clearBoot(call: Call): Promise<string> {
  return bootDevice(call, 'none');
}

export async function bootFlags(call: Call, request: Request): Promise<BootFlags> {
  const { stdout } = await call(['chassis', 'bootparam', 'get', '5']);
  const flags = parseBootFlags(stdout);
  if (flags === undefined) throw unreadable('boot flags', stdout, request);
  return flags;
}
