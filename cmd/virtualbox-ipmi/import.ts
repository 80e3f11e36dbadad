import type { Client } from '../../lib/api/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import { VBoxFailure } from './failure.ts';
import { findMachine, machinesOfVm, vmParams } from './machines.ts';
import { readMarks, type Work } from './marks.ts';
import type { VBoxManage, Vm } from './vboxmanage.ts';
import { INACCESSIBLE, type VmEntry } from './vm-info.ts';

export interface ImportParts {
  plugin: string;
  /** Identifies the plugin whose work is continued. */
  owner: string;
  vbox: VBoxManage;
  api: Client;
  log: Logger;
  /** Whether a VM is about to be destroyed. */
  isDeleted(id: string): boolean;
  signal: AbortSignal;
}

/** A VM with unfinished work of an earlier run. */
export interface Unfinished {
  id: string;
  work: Work;
}

/** How many VMs are examined at once. */
const AT_ONCE = 4;

/**
 * Creates a machine for each VM without one, and returns the VMs with unfinished work. A VM that cannot be imported is
 * logged and skipped. Throws ModelError when cancelled.
 */
export async function importVms(vms: readonly VmEntry[], parts: ImportParts): Promise<Unfinished[]> {
  const { vbox, log, signal } = parts;
  const unfinished: Unfinished[] = [];
  const next = vms.values();
  const worker = async () => {
    for (const { id, name } of next) {
      try {
        if (name === INACCESSIBLE) throw new Error('VirtualBox cannot read its settings');
        const work = await vbox.withVm(id, signal, (vm) => importVm(vm, parts));
        if (work !== undefined) unfinished.push({ id, work });
      } catch (error) {
        if (signal.aborted) throw error;
        if (error instanceof VBoxFailure && error.kind === 'unknown VM') continue;
        log.warn(
          `VM ${name} (${id}) is not imported: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return unfinished;
}

async function importVm(vm: Vm, parts: ImportParts): Promise<Work | undefined> {
  const { plugin, owner, api, log, isDeleted, signal } = parts;
  const { work } = await readMarks(vm);
  if (work?.owner === owner) return work;
  if (isDeleted(vm.id)) return undefined;
  if ((await machinesOfVm(api, vm.id, signal)).length > 0) return undefined;
  // The VM of a machine has the same UUID, even before the machine refers to it.
  if ((await findMachine(api, vm.id.toLowerCase(), signal)) !== undefined) return undefined;
  const info = await vm.info();
  await api
    .objects('machines')
    .create({ Name: info.name, HardwareAddrs: info.macs, Params: vmParams(plugin, info) }, { signal });
  log.info(`VM ${info.name} (${info.id}) is a machine now`);
  return undefined;
}
