import { type Client, ConflictError, type Machine } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import type { VmInfo } from './vm-info.ts';

/** The param by which a machine says whose it is: the name of a plugin. Other plugins know it too. */
export const MACHINE_PLUGIN = 'machine-plugin';

/** How often a machine is written again when somebody else changes it at the same moment. */
const TRIES = 5;

/** A machine; undefined if the endpoint has no machine of this UUID. */
export async function findMachine(
  api: Client,
  uuid: string,
  signal: AbortSignal,
): Promise<Machine | undefined> {
  try {
    return await api.objects('machines').get(uuid, { signal });
  } catch (error) {
    if (error instanceof ModelError && error.code === 404) return undefined;
    throw error;
  }
}

/** The machines that have a VM, by its UUID. */
export async function machinesOfVm(api: Client, id: string, signal: AbortSignal): Promise<Machine[]> {
  // The plugin writes it in upper case; by hand it may be written otherwise.
  return api.objects('machines').list({ where: { 'virtualbox/id': [id, id.toLowerCase()] }, signal });
}

/** The machines that have a VM, by its name. */
export async function machinesOfName(api: Client, name: string, signal: AbortSignal): Promise<Machine[]> {
  return api.objects('machines').list({ where: { 'virtualbox/name': name }, signal });
}

/** The UUIDs of a plugin's machines whose VMs are not made, or not to the end. */
export async function unfinishedMachines(
  api: Client,
  plugin: string,
  signal: AbortSignal,
): Promise<string[]> {
  const unfinished: string[] = [];
  // Not a filter: endpoints filter by params that they have a definition of, and this param often has no definition.
  const params = [MACHINE_PLUGIN, 'virtualbox/id', 'virtualbox/name'];
  for await (const machine of api.objects('machines').each({ slim: ['Meta'], params, signal })) {
    if (machine.Params?.[MACHINE_PLUGIN] === plugin && !isFinished(machine)) unfinished.push(machine.Uuid);
  }
  return unfinished;
}

/** The part of a machine that says which VM it is. */
export type MachineParams = Pick<Machine, 'Params'>;

/** Whether the plugin has written down the machine's VM, which it does once the VM is made. */
export function isFinished({ Params }: MachineParams): boolean {
  return Boolean(Params?.['virtualbox/id']) && Boolean(Params?.['virtualbox/name']);
}

/** What a machine is told of its VM. */
export function vmParams(plugin: string, { id, name }: VmInfo): Record<string, unknown> {
  return { 'virtualbox/id': id, 'virtualbox/name': name, [MACHINE_PLUGIN]: plugin };
}

/** Writes a machine's VM to it, all at once. Throws ModelError, 404 when the machine is gone. */
export async function saveVm(
  api: Client,
  uuid: string,
  plugin: string,
  vm: VmInfo,
  signal: AbortSignal,
): Promise<void> {
  const machines = api.objects('machines');
  for (let tries = 1; ; tries += 1) {
    const before = await machines.get(uuid, { signal });
    const after: Machine = {
      ...before,
      HardwareAddrs: [...new Set([...(before.HardwareAddrs ?? []), ...vm.macs])],
      Params: { ...before.Params, ...vmParams(plugin, vm) },
    };
    try {
      await machines.patchTo(before, after, { signal });
      return;
    } catch (error) {
      if (!(error instanceof ConflictError) || tries >= TRIES) throw error;
    }
  }
}

/** Deletes a machine, if it is there. */
export async function removeMachine(api: Client, uuid: string, signal: AbortSignal): Promise<void> {
  try {
    await api.objects('machines').remove(uuid, { signal });
  } catch (error) {
    if (!(error instanceof ModelError) || error.code !== 404) throw error;
  }
}
