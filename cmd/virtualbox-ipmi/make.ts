import { dirname, join } from 'node:path';
import { VBoxFailure } from './failure.ts';
import { markWork, type Work } from './marks.ts';
import { ensureHostOnlyNetwork, HOST_ONLY_NETWORK } from './network.ts';
import { refusal } from './refusal.ts';
import { powerOf } from './states.ts';
import type { Vm } from './vboxmanage.ts';
import type { VmInfo } from './vm-info.ts';

/** The specification of a new VM. */
export interface VmPlan {
  name: string;
  cpus: number;
  memoryMb: number;
  videoMemoryMb: number;
  diskMb: number;
  /** The parent folder; undefined for VirtualBox's default. */
  folder: string | undefined;
}

const CONTROLLER = 'SATA Controller';
const DISK_LIMIT_MS = 300_000;

/**
 * Creates a VM, or continues an interrupted creation: each step checks whether it is done. The VM is marked with `work`
 * until the caller removes the mark. Throws ModelError.
 */
export async function makeVm(vm: Vm, plan: VmPlan, work: Work): Promise<VmInfo> {
  const found = await vm.find();
  if (found !== undefined && powerOf(found.state) !== 'off') return found;
  await ensureHostOnlyNetwork(vm.vbox, vm.signal);
  if (found === undefined) await register(vm, plan);
  await markWork(vm, work);
  const info = await vm.info();
  await ensureDisk(vm, info, plan.diskMb);
  await vm.run(
    'modifyvm',
    [
      ...['--ioapic', 'on', '--cpus', String(plan.cpus)],
      ...['--boot1', 'net', '--boot2', 'disk', '--boot3', 'none', '--boot4', 'none'],
      ...['--memory', String(plan.memoryMb), '--vram', String(plan.videoMemoryMb)],
      ...['--nic1', 'hostonly', '--hostonlyadapter1', HOST_ONLY_NETWORK, '--nictype1', '82545EM'],
      ...['--nic2', 'nat', '--nictype2', '82545EM'],
    ],
    { patient: true },
  );
  return vm.info();
}

async function register(vm: Vm, { name, folder }: VmPlan): Promise<void> {
  const { vbox, signal } = vm;
  const namesake = await vbox.findVm(name, signal);
  if (namesake !== undefined) {
    throw refusal(409, `VirtualBox has another VM called ${name} (${namesake.id}): choose another name`);
  }
  const base = folder === undefined ? [] : ['--basefolder', folder];
  const args = ['createvm', '--name', name, ...base, '--uuid', vm.id.toLowerCase(), '--register'];
  try {
    await vbox.run(args, signal);
  } catch (error) {
    // An interrupted createvm leaves a settings file that is not registered.
    if ((await vm.find()) !== undefined) return;
    if (!(error instanceof VBoxFailure) || error.kind !== 'settings exist') throw error;
    await registerLeftOver(vm, name, error);
  }
}

/** Registers an existing settings file if it belongs to this VM. */
async function registerLeftOver(vm: Vm, name: string, failure: VBoxFailure): Promise<void> {
  const { vbox, signal } = vm;
  const [, told = ''] = failure.messages.join('\n').split("settings file '", 2);
  const file = /^(.*)' already exists/.exec(told)?.[1];
  if (file === undefined) throw failure;
  try {
    await vbox.run(['registervm', file], signal);
  } catch (error) {
    // A createvm of an earlier run of the plugin has just registered it.
    if ((await vm.find()) !== undefined) return;
    throw error instanceof VBoxFailure ? leftOver(file) : error;
  }
  const registered = await vbox.findVm(name, signal);
  if (registered?.id === vm.id) return;
  if (registered !== undefined) await vbox.run(['unregistervm', registered.id], signal);
  throw leftOver(file);
}

function leftOver(file: string): Error {
  return refusal(409, `${file} is that of another VM: remove it, or choose another name`);
}

async function ensureDisk(vm: Vm, info: VmInfo, sizeMb: number): Promise<void> {
  const { vbox, signal } = vm;
  if (info.media.size > 0) return;
  if (!info.controllers.includes(CONTROLLER)) {
    await vm.run('storagectl', ['--name', CONTROLLER, '--add', 'sata', '--controller', 'IntelAHCI'], {
      patient: true,
    });
  }
  const disk = join(dirname(info.settingsFile), `${info.name}.vdi`);
  const size = ['--size', String(sizeMb)];
  try {
    const options = { timeLimitMs: DISK_LIMIT_MS };
    await vbox.run(['createmedium', 'disk', '--filename', disk, ...size], signal, options);
  } catch (error) {
    // The disk exists from an interrupted creation. If it is unusable, attaching it reports that.
    if (!(error instanceof VBoxFailure) || error.kind !== 'exists') throw error;
  }
  const place = ['--storagectl', CONTROLLER, '--port', '0', '--device', '0', '--type', 'hdd'];
  await vm.run('storageattach', [...place, '--medium', disk], { patient: true });
}
