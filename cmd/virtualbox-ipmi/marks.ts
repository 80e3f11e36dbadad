import type { Vm } from './vboxmanage.ts';

/**
 * The plugin's notes on a VM, stored as VirtualBox "extra data": they are in the VM's settings file, survive the plugin
 * and the endpoint, can be written while the VM runs, and are deleted with the VM.
 */
export interface Marks {
  /** Boot device to set before the next start. */
  nextBoot?: BootDevice;
  /** Unfinished work on the VM. */
  work?: Work;
}

export type BootDevice = 'net' | 'disk';

export interface Work {
  what: 'creating' | 'deleting';
  /** UUID of the machine; empty for none. */
  machine: string;
  /** Identifies the plugin by endpoint id and plugin name, since others may use the same VirtualBox. */
  owner: string;
}

const NEXT_BOOT = 'DigitalRebar/NextBoot';
const WORK = 'DigitalRebar/Work';

export async function readMarks(vm: Vm): Promise<Marks> {
  const marks: Marks = {};
  const text = await vm.run('getextradata', ['enumerate']);
  for (const [, key, value = ''] of text.matchAll(/^Key: (.*?), Value: (.*?)\r?$/gm)) {
    if (key === NEXT_BOOT && (value === 'net' || value === 'disk')) marks.nextBoot = value;
    const [, what, machine = '', owner = ''] = /^(creating|deleting):([^:]*):(.*)$/.exec(value) ?? [];
    if (key === WORK && (what === 'creating' || what === 'deleting')) marks.work = { what, machine, owner };
  }
  return marks;
}

export async function markNextBoot(vm: Vm, device: BootDevice | undefined): Promise<void> {
  await setExtraData(vm, NEXT_BOOT, device);
}

export async function markWork(vm: Vm, work: Work | undefined): Promise<void> {
  await setExtraData(vm, WORK, work && `${work.what}:${work.machine}:${work.owner}`);
}

/** Without a value, removes the key. */
async function setExtraData(vm: Vm, key: string, value: string | undefined): Promise<void> {
  await vm.run('setextradata', value === undefined ? [key] : [key, value], { patient: true });
}
