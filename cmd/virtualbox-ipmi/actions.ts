import { setNextBoot } from './boot.ts';
import type { Control } from './control.ts';
import { checkSameUser, type PluginContext, vmNamed } from './plugin-context.ts';
import { powerCycle, powerOff, powerOn } from './power.ts';
import type { Vm } from './vboxmanage.ts';

export { createVm } from './create-vm.ts';

const ON_MACHINE = {
  poweron: powerOn,
  poweroff: powerOff,
  powercycle: powerCycle,
  nextbootpxe: (vm: Vm) => setNextBoot(vm, 'net').then(() => 'Success'),
  nextbootdisk: (vm: Vm) => setNextBoot(vm, 'disk').then(() => 'Success'),
} as const;

export type MachineCommand = keyof typeof ON_MACHINE;

/** Runs a command on the VM of a machine, and returns a message. Throws ModelError. */
export function actOnMachine(
  control: Control,
  command: MachineCommand,
  { params, signal }: PluginContext,
): Promise<string> {
  return control.withVm(params['virtualbox/id'], signal, ON_MACHINE[command]);
}

/** Starts the VM with this UUID or name. Throws ModelError. */
export async function startVm(control: Control, context: PluginContext): Promise<string> {
  await control.withVm(await target(control, context), context.signal, powerOn);
  return `Started ${vmNamed(context.params)}`;
}

/** Stops the VM with this UUID or name. Throws ModelError. */
export async function stopVm(control: Control, context: PluginContext): Promise<string> {
  await control.withVm(await target(control, context), context.signal, powerOff);
  return `Stopped ${vmNamed(context.params)}`;
}

/** Destroys the VM with this UUID or name, and deletes its machine. Throws ModelError. */
export async function destroyVm(control: Control, context: PluginContext): Promise<string> {
  await control.destroy(await target(control, context), context.signal);
  return `Destroy ${vmNamed(context.params)}`;
}

async function target(control: Control, { params, signal }: PluginContext): Promise<string> {
  checkSameUser(control, params);
  return control.idOf(params, signal);
}
