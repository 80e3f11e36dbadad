import { applyNextBoot } from './boot.ts';
import { readMarks } from './marks.ts';
import { cancelled } from './refusal.ts';
import type { Vm } from './vboxmanage.ts';

const START_LIMIT_MS = 120_000;

/** Switches a VM on, and returns a message. A running VM is not changed. */
export async function powerOn(vm: Vm): Promise<string> {
  const { info, power } = await vm.settled();
  switch (power) {
    case 'on':
      return `VM ${info.name} is on already`;
    case 'paused':
      await vm.run('controlvm', ['resume']);
      return `VM ${info.name} is resumed`;
    case 'stuck':
      await cutPower(vm);
      break;
  }
  await start(vm);
  return `VM ${info.name} is on`;
}

/** Switches a VM off immediately, like a power cut. A VM that is off or saved is not changed. */
export async function powerOff(vm: Vm): Promise<string> {
  const { info, power } = await vm.settled();
  if (power === 'off' || power === 'saved') return `VM ${info.name} is off already`;
  await cutPower(vm);
  return `VM ${info.name} is off`;
}

/**
 * Restarts a VM. One that is off is switched on. A reset keeps the boot order of the last start, so a VM with a stored
 * boot device is switched off and on.
 */
export async function powerCycle(vm: Vm): Promise<string> {
  const { info, power } = await vm.settled();
  const { nextBoot } = await readMarks(vm);
  if (power === 'on' && nextBoot === undefined) {
    await spaced(vm);
    await vm.run('controlvm', ['reset']);
    return `VM ${info.name} is reset`;
  }
  if (power !== 'off' && power !== 'saved') await cutPower(vm);
  await start(vm);
  return `VM ${info.name} is on`;
}

/** Starts a VM that is off or saved, without a window. */
async function start(vm: Vm): Promise<void> {
  const { info, power } = await vm.settled();
  const { nextBoot } = await readMarks(vm);
  if (nextBoot !== undefined) {
    // A saved VM would resume instead of booting.
    if (power === 'saved') await vm.run('discardstate', [], { patient: true });
    await applyNextBoot(vm, info, nextBoot);
  }
  await spaced(vm);
  const options = { patient: true, timeLimitMs: START_LIMIT_MS };
  await unless(vm, 'on', () => vm.run('startvm', ['--type', 'headless'], options));
}

/** Switches off a VM that is on, paused or stuck. */
export async function cutPower(vm: Vm): Promise<void> {
  await unless(vm, 'off', () => vm.run('controlvm', ['poweroff']));
}

/** Runs `work`. Its failure is ignored when the VM has reached the wanted state meanwhile. */
async function unless(vm: Vm, wanted: 'on' | 'off', work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (vm.signal.aborted || (await vm.settled()).power !== wanted) throw error;
  }
}

async function spaced(vm: Vm): Promise<void> {
  try {
    await vm.vbox.spacing.wait(vm.signal);
  } catch {
    throw cancelled(`VM ${vm.id}`, vm.signal);
  }
}
