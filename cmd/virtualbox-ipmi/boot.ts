import { type BootDevice, markNextBoot, readMarks } from './marks.ts';
import type { Vm } from './vboxmanage.ts';
import type { VmInfo } from './vm-info.ts';

/**
 * Puts a boot device first. VirtualBox changes the order of a VM that is off, and of no other: for one that is not, it is
 * noted and done before the next start. The order stays until it is changed again.
 */
export async function setNextBoot(vm: Vm, device: BootDevice): Promise<void> {
  const { info, power } = await vm.settled();
  if (power === 'off') {
    await setOrder(vm, info, device);
    const { nextBoot } = await readMarks(vm);
    if (nextBoot !== undefined) await markNextBoot(vm, undefined);
  } else await markNextBoot(vm, device);
}

/** Does what was noted. The VM must be off. */
export async function applyNextBoot(vm: Vm, info: VmInfo, device: BootDevice): Promise<void> {
  await setOrder(vm, info, device);
  await markNextBoot(vm, undefined);
}

async function setOrder(vm: Vm, { boot }: VmInfo, device: BootDevice): Promise<void> {
  const other = device === 'net' ? 'disk' : 'net';
  // What else the VM boots from, a DVD say, comes after them.
  const rest = boot.filter((each) => !['net', 'disk', 'none'].includes(each));
  const order = [device, other, ...rest, 'none', 'none'].slice(0, 4);
  await vm.run(
    'modifyvm',
    order.flatMap((each, index) => [`--boot${index + 1}`, each]),
    { patient: true },
  );
}
