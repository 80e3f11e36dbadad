import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The identification of this computer for the endpoint's route `whoami`. Hashes are base64. */
export interface Whoami {
  Fingerprint: {
    /** From the system's vendor, product and serial number. */
    SSNHash: string | null;
    /** From those of the chassis. */
    CSNHash: string | null;
    CloudInstanceID: string;
    SystemUUID: string;
    /** Memory modules, which cannot be read from userspace files. */
    MemoryIds: null;
  };
  MacAddrs: string[];
  OnDiskUUID: string;
}

/** Placeholders that vendors leave in place of a serial number. */
const NO_SERIAL =
  /^(0x)?0*(1234567890*)?$|^x+$|^\[?empty\]?$|^n\/?a$|^none\d?$|^unknow|^not |^to be filled|^default|serial number$|^tbd by/i;

/**
 * Reads the fingerprint of this computer on Linux; elsewhere it is empty. Serial numbers of virtual machines are left
 * out, since they are often not unique. From the Go type `models.Whoami`.
 */
export async function fingerprint(sys = '/sys', root = '/'): Promise<Whoami> {
  const read = (path: string) =>
    readFile(path, 'utf8').then(
      (text) => text.trim(),
      () => '',
    );
  const dmi = (name: string) => read(join(sys, 'class/dmi/id', name));
  const isVirtual = /^flags\s*:.*\bhypervisor\b/m.test(await read(join(root, 'proc/cpuinfo')));
  const serial = await dmi('product_serial');
  const chassis = await dmi('chassis_serial');
  const uuid = await dmi('product_uuid');
  return {
    Fingerprint: {
      SSNHash: isVirtual ? null : hashed(serial, [await dmi('sys_vendor'), await dmi('product_name')]),
      CSNHash: isVirtual ? null : hashed(chassis, [await dmi('chassis_vendor')]),
      CloudInstanceID: await cloudInstance(read, root),
      SystemUUID: isVirtual || /^$|-0{12}$|^(0A0A0A0A-)/i.test(uuid) ? '' : uuid,
      MemoryIds: null,
    },
    MacAddrs: await addresses(join(sys, 'class/net'), read),
    OnDiskUUID: await read(join(root, 'etc/rs-uuid')),
  };
}

function hashed(serial: string, before: readonly string[]): string | null {
  if (NO_SERIAL.test(serial)) return null;
  return createHash('sha256')
    .update([...before, serial].join(''))
    .digest('base64');
}

async function cloudInstance(read: (path: string) => Promise<string>, root: string): Promise<string> {
  const text = await read(join(root, 'run/cloud-init/instance-data.json'));
  if (text === '') return '';
  try {
    const { v1 } = JSON.parse(text);
    return `${v1.cloud_name ?? ''}:${v1.instance_id ?? ''}`;
  } catch {
    return '';
  }
}

/** MAC addresses of hardware network interfaces. */
async function addresses(folder: string, read: (path: string) => Promise<string>): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const found: string[] = [];
  for (const name of names) {
    const entries = await readdir(join(folder, name)).catch((): string[] => []);
    const address = await read(join(folder, name, 'address'));
    if (entries.includes('device') && address !== '') found.push(address);
  }
  return found.sort();
}
