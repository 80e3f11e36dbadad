import type { Vm } from './vboxmanage.ts';

/**
 * What the plugin notes on a VM, in the VM's own "extra data": it is in VirtualBox's settings file of the VM, outlives
 * the plugin and the endpoint, can be written while the VM runs, and goes with the VM.
 */
export interface Marks {
  /** The boot device to put first before the next start. */
  nextBoot?: BootDevice;
  /** What the plugin was doing with the VM and has not finished. */
  work?: Work;
}

export type BootDevice = 'net' | 'disk';

export interface Work {
  what: 'creating' | 'deleting';
  /** The UUID of the machine that it is done for; empty for none. */
  machine: string;
  /** Whose work it is: an endpoint's id and a plugin's name, since others may work with the same VirtualBox. */
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

/** Without a value, the key is removed. */
async function setExtraData(vm: Vm, key: string, value: string | undefined): Promise<void> {
  await vm.run('setextradata', value === undefined ? [key] : [key, value], { patient: true });
}
