import { type Client, ConflictError, type Machine } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import type { VmInfo } from './vm-info.ts';

/** The param with the name of the plugin that a machine belongs to. Other plugins use it too. */
export const MACHINE_PLUGIN = 'machine-plugin';

/** How often a machine is updated again after concurrent changes. */
const TRIES = 5;

/** The machine with this UUID; undefined if the endpoint has no such machine. */
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

/** The machines with this VM, by its UUID. */
export async function machinesOfVm(api: Client, id: string, signal: AbortSignal): Promise<Machine[]> {
  // The plugin writes upper case; users may write lower case.
  return api.objects('machines').list({ where: { 'virtualbox/id': [id, id.toLowerCase()] }, signal });
}

/** The machines with this VM, by its name. */
export async function machinesOfName(api: Client, name: string, signal: AbortSignal): Promise<Machine[]> {
  return api.objects('machines').list({ where: { 'virtualbox/name': name }, signal });
}

/** UUIDs of a plugin's machines whose VMs do not exist or are unfinished. */
export async function unfinishedMachines(
  api: Client,
  plugin: string,
  signal: AbortSignal,
): Promise<string[]> {
  const unfinished: string[] = [];
  // Not a filter: endpoints can only filter by defined params, and this one often has no definition.
  const params = [MACHINE_PLUGIN, 'virtualbox/id', 'virtualbox/name'];
  for await (const machine of api.objects('machines').each({ slim: ['Meta'], params, signal })) {
    if (machine.Params?.[MACHINE_PLUGIN] === plugin && !isFinished(machine)) unfinished.push(machine.Uuid);
  }
  return unfinished;
}

/** The part of a machine that identifies its VM. */
export type MachineParams = Pick<Machine, 'Params'>;

/** Whether the machine refers to its VM, which is stored when the VM is complete. */
export function isFinished({ Params }: MachineParams): boolean {
  return Boolean(Params?.['virtualbox/id']) && Boolean(Params?.['virtualbox/name']);
}

/** The params of a machine about its VM. */
export function vmParams(plugin: string, { id, name }: VmInfo): Record<string, unknown> {
  return { 'virtualbox/id': id, 'virtualbox/name': name, [MACHINE_PLUGIN]: plugin };
}

/** Stores a machine's VM in one change. Throws ModelError, 404 when the machine is deleted. */
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

/** Deletes a machine if it exists. */
export async function removeMachine(api: Client, uuid: string, signal: AbortSignal): Promise<void> {
  try {
    await api.objects('machines').remove(uuid, { signal });
  } catch (error) {
    if (!(error instanceof ModelError) || error.code !== 404) throw error;
  }
}
