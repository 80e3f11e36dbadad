import { type BootDevice, markNextBoot, readMarks } from './marks.ts';
import type { Vm } from './vboxmanage.ts';
import type { VmInfo } from './vm-info.ts';

/**
 * Puts a boot device first. VirtualBox can only change the boot order of a VM that is off: otherwise the device is
 * stored, and set before the next start. The order stays until it is changed again.
 */
export async function setNextBoot(vm: Vm, device: BootDevice): Promise<void> {
  const { info, power } = await vm.settled();
  if (power === 'off') {
    await setOrder(vm, info, device);
    const { nextBoot } = await readMarks(vm);
    if (nextBoot !== undefined) await markNextBoot(vm, undefined);
  } else await markNextBoot(vm, device);
}

/** Sets the stored boot device. The VM must be off. */
export async function applyNextBoot(vm: Vm, info: VmInfo, device: BootDevice): Promise<void> {
  await setOrder(vm, info, device);
  await markNextBoot(vm, undefined);
}

async function setOrder(vm: Vm, { boot }: VmInfo, device: BootDevice): Promise<void> {
  const other = device === 'net' ? 'disk' : 'net';
  // Other devices, for instance a DVD, come after these.
  const rest = boot.filter((each) => !['net', 'disk', 'none'].includes(each));
  const order = [device, other, ...rest, 'none', 'none'].slice(0, 4);
  await vm.run(
    'modifyvm',
    order.flatMap((each, index) => [`--boot${index + 1}`, each]),
    { patient: true },
  );
}
