import type { Client, Machine } from '../../lib/api/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import { checkId } from './checks.ts';
import { destroyVm } from './destroy.ts';
import { isPassing } from './failure.ts';
import {
  findMachine,
  isFinished,
  MACHINE_PLUGIN,
  type MachineParams,
  machinesOfVm,
  removeMachine,
  saveVm,
} from './machines.ts';
import { makeVm } from './make.ts';
import { markWork, readMarks } from './marks.ts';
import { paramValue } from './param-value.ts';
import { planOf } from './plan.ts';
import { powerOn } from './power.ts';
import { refusal } from './refusal.ts';
import type { Settings } from './settings.ts';
import type { VBoxManage, Vm } from './vboxmanage.ts';
import type { VmInfo } from './vm-info.ts';

export interface LifecycleParts {
  settings: Settings;
  vbox: VBoxManage;
  api: Client;
  log: Logger;
  /** Identifies the plugin in notes on VMs. */
  owner: string;
}

/**
 * Creates and destroys VMs with their machines. All methods can be interrupted at any point and repeated: existing
 * parts at VirtualBox and the endpoint are reused. Methods throw ModelError.
 */
export class Lifecycle {
  readonly #parts: LifecycleParts;

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  /**
   * Creates and starts the VM of a machine, and updates the machine. `begun` is the UUID of the VM to destroy if the
   * machine is gone.
   */
  async create(uuid: string, begun: string, signal: AbortSignal): Promise<void> {
    const { api, vbox, settings } = this.#parts;
    const machine = await findMachine(api, uuid, signal);
    if (paramValue(machine?.Params, MACHINE_PLUGIN) !== settings.plugin || machine === undefined) {
      return this.#abandon(begun, signal);
    }
    const named = paramValue(machine.Params, 'virtualbox/id');
    const id = idOfVm(uuid, machine);
    await vbox.withVm(id, signal, async (vm) => {
      const others = await machinesOfVm(api, id, signal);
      const other = others.find((each) => each.Uuid !== uuid && isFinished(each));
      if (other !== undefined) throw refusal(409, `virtualbox/id: VM ${id} is that of machine ${other.Name}`);
      const found = await vm.find();
      if (found === undefined || (await this.#isUnfinished(vm, machine, found))) {
        // A VM that someone else created is kept when it cannot be completed.
        const disposable = found === undefined || named === undefined || (await this.#isBegun(vm));
        await this.#make(vm, machine, disposable);
      } else if (!isFinished(machine)) await saveVm(api, uuid, settings.plugin, found, signal);
    });
  }

  /** Destroys the VM of a deleted machine. */
  async delete(uuid: string, machine: MachineParams, signal: AbortSignal): Promise<void> {
    const id = idOfVm(uuid, machine);
    await this.#parts.vbox.withVm(id, signal, async (vm) => {
      if (!(await this.#condemn(vm, uuid, machine))) return;
      await destroyVm(vm);
      this.#parts.log.info(`VM ${id} is destroyed with its machine ${uuid}`);
    });
  }

  /** Marks the VM of a deleted machine for destruction by the next run. */
  async condemn(uuid: string, machine: MachineParams, signal: AbortSignal): Promise<void> {
    await this.#parts.vbox.withVm(idOfVm(uuid, machine), signal, (vm) => this.#condemn(vm, uuid, machine));
  }

  /** Destroys a VM and deletes its machines. Throws ModelError 404 when there is neither. */
  async destroy(id: string, signal: AbortSignal): Promise<void> {
    const { api, vbox, owner } = this.#parts;
    await vbox.withVm(id, signal, async (vm) => {
      const machines = await machinesOfVm(api, id, signal);
      if (machines.length === 0) await vm.info();
      const found = await vm.find();
      if (found !== undefined) {
        await markWork(vm, { what: 'deleting', machine: machines[0]?.Uuid ?? '', owner });
      }
      try {
        for (const { Uuid } of machines) await removeMachine(api, Uuid, signal);
      } catch (error) {
        // The machine stays, so its VM stays as well.
        if (found !== undefined) await markWork(vm, undefined);
        throw error;
      }
      await destroyVm(vm);
    });
  }

  /** Decides whether to destroy the VM of a deleted machine, and marks it if so. */
  async #condemn(vm: Vm, uuid: string, machine: MachineParams): Promise<boolean> {
    const { api, log, owner } = this.#parts;
    const [other] = (await machinesOfVm(api, vm.id, vm.signal)).filter(({ Uuid }) => Uuid !== uuid);
    if (other !== undefined) {
      log.warn(`VM ${vm.id} stays: it is that of machine ${other.Name}, too`);
      return false;
    }
    if ((await vm.find()) === undefined) return false;
    // The machine's params may name a VM that the machine never had.
    const had = isFinished(machine) || vm.id === uuid.toUpperCase() || (await this.#isBegun(vm));
    if (had) await markWork(vm, { what: 'deleting', machine: uuid, owner });
    return had;
  }

  async #make(vm: Vm, { Uuid, Name }: Machine, disposable: boolean): Promise<void> {
    const { settings, api, log, owner } = this.#parts;
    const { signal } = vm;
    try {
      const params = await api.params('machines', Uuid).all({ aggregate: true, signal });
      const plan = planOf(Name, params, settings.folder);
      const info = await makeVm(vm, plan, { what: 'creating', machine: Uuid, owner });
      // Before the start, since the endpoint identifies a booting VM by its MAC addresses.
      await saveVm(api, Uuid, settings.plugin, info, signal);
    } catch (error) {
      if (disposable && !signal.aborted && !isPassing(error)) await this.#throwAway(vm);
      throw error;
    }
    try {
      await powerOn(vm);
    } catch (error) {
      // The VM exists, and can be switched on when the cause is fixed.
      if (!signal.aborted && !isPassing(error)) await markWork(vm, undefined);
      throw error;
    }
    await markWork(vm, undefined);
    log.info(`Machine ${Name}: VM ${vm.id} is made and started`);
  }

  async #throwAway(vm: Vm): Promise<void> {
    try {
      await destroyVm(vm);
    } catch (error) {
      this.#parts.log.error(`VM ${vm.id} is left over: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** Destroys an unfinished VM whose machine is deleted or no longer belongs to this plugin. */
  async #abandon(id: string, signal: AbortSignal): Promise<void> {
    await this.#parts.vbox.withVm(checkId(id, 'Uuid'), signal, async (vm) => {
      if ((await vm.find()) !== undefined && (await this.#isBegun(vm))) await destroyVm(vm);
    });
  }

  /** Whether this plugin has begun to create the VM for the machine and not finished it. */
  async #isUnfinished(vm: Vm, machine: Machine, found: VmInfo): Promise<boolean> {
    if (await this.#isBegun(vm)) return true;
    if (isFinished(machine)) return false;
    // With the machine's own UUID, or without any controller: interrupted before it could be marked.
    return paramValue(machine.Params, 'virtualbox/id') === undefined || found.controllers.length === 0;
  }

  async #isBegun(vm: Vm): Promise<boolean> {
    const { work } = await readMarks(vm);
    return work?.what === 'creating' && work.owner === this.#parts.owner;
  }
}

/** The UUID of a machine's VM: by default the machine's own. Throws ModelError 400. */
export function idOfVm(uuid: string, { Params }: MachineParams): string {
  return checkId(paramValue(Params, 'virtualbox/id') ?? uuid, 'virtualbox/id');
}
