import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../lib/api/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import { checkId, checkName } from './checks.ts';
import { isPassing } from './failure.ts';
import { given } from './given.ts';
import { importVms } from './import.ts';
import { Jobs } from './jobs.ts';
import { idOfVm, Lifecycle } from './lifecycle.ts';
import { type MachineParams, machinesOfName, unfinishedMachines } from './machines.ts';
import { cancelled, refusal } from './refusal.ts';
import type { Settings } from './settings.ts';
import type { VBoxManage, Vm } from './vboxmanage.ts';
import type { VmEntry } from './vm-info.ts';

export interface ControlParts {
  settings: Settings;
  vbox: VBoxManage;
  api: Client;
  log: Logger;
  /** The endpoint's id. */
  endpoint: string;
  /** Aborted when the plugin stops. */
  signal: AbortSignal;
  /** Before a job that failed for a passing reason is tried again. */
  retryPauseMs?: number;
  /** How long taking over may hold up whoever waits for it. */
  takeOverLimitMs?: number;
}

/** How often a job that fails for a passing reason is tried. */
const TRIES = 3;
const RETRY_PAUSE_MS = 5_000;
/** The endpoint waits for the plugin to be configured, and may give up on it. */
const TAKE_OVER_LIMIT_MS = 20_000;
/** The endpoint does not wait long for a plugin that stops. */
const STOP_LIMIT_MS = 3_000;

/** The VMs of one user as machines of one plugin. Its methods throw ModelError. */
export class Control {
  readonly settings: Settings;
  readonly vbox: VBoxManage;
  readonly #parts: ControlParts;
  /** Whose work is noted on VMs: others may use the same VirtualBox. */
  readonly #owner: string;
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;
  readonly #jobs: Jobs;
  readonly #lifecycle: Lifecycle;
  /** Machines that were deleted, whose VMs are not destroyed yet, by UUID. */
  readonly #deleted = new Map<string, MachineParams>();
  #takingOver: Promise<void> = Promise.resolve();

  constructor(parts: ControlParts) {
    const { settings, vbox, log, endpoint, signal } = parts;
    this.settings = settings;
    this.vbox = vbox;
    this.#parts = parts;
    this.#owner = `${endpoint}/${settings.plugin}`;
    this.#lifecycle = new Lifecycle({ ...parts, owner: this.#owner });
    this.#signal = AbortSignal.any([signal, this.#stopping.signal]);
    this.#jobs = new Jobs(this.#signal, (machine, error) =>
      log.error(`Machine ${machine}: ${error instanceof Error ? error.message : String(error)}`),
    );
  }

  /**
   * Makes machines of VMs that no machine has, and goes on with what an earlier run of the plugin has left undone. When
   * there are so many VMs that it takes long, the rest of it is done in the background.
   */
  async takeOver(vms: readonly VmEntry[]): Promise<void> {
    const { log, takeOverLimitMs = TAKE_OVER_LIMIT_MS } = this.#parts;
    this.#takingOver = this.#takeOver(vms);
    const limit = new AbortController();
    const late = delay(takeOverLimitMs, true, { signal: limit.signal }).catch(() => false);
    try {
      const isLate = await Promise.race([this.#takingOver.then(() => false), late]);
      if (!isLate) return;
    } finally {
      limit.abort();
    }
    log.warn(`Looking at ${vms.length} VMs takes long, and goes on in the background`);
    this.#takingOver.catch((error: unknown) => {
      if (this.#signal.aborted) return;
      log.error(`VMs are not imported: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  /** Makes the VMs that machines of this plugin still lack, in the background. */
  async catchUp(signal: AbortSignal): Promise<void> {
    const machines = await unfinishedMachines(this.#parts.api, this.settings.plugin, signal);
    for (const machine of machines) this.createLater(machine);
  }

  /** Makes and starts the VM of a machine, and writes it to the machine. `begun`: see `Lifecycle.create`. */
  create(machine: string, begun = machine): Promise<void> {
    return this.#jobs.create(machine, (signal) =>
      this.#retried(signal, () => this.#lifecycle.create(machine, begun, signal)),
    );
  }

  /** As `create`, in the background. */
  createLater(machine: string, begun?: string): void {
    this.create(machine, begun).catch(toldOf);
  }

  /** Destroys the VM of a machine that was deleted, in the background. Throws ModelError 400 when its id is not valid. */
  deleteLater(uuid: string, machine: MachineParams): void {
    idOfVm(uuid, machine);
    this.#deleted.set(uuid, machine);
    const job = this.#jobs.delete(uuid, async (signal) => {
      try {
        await this.#retried(signal, () => this.#lifecycle.delete(uuid, machine, signal));
      } finally {
        if (!signal.aborted) this.#deleted.delete(uuid);
      }
    });
    job.catch(toldOf);
  }

  /** Destroys a VM and deletes its machines. */
  destroy(id: string, signal: AbortSignal): Promise<void> {
    return this.#lifecycle.destroy(id, signal);
  }

  /** Does something with the VM of this UUID. */
  async withVm<T>(id: unknown, signal: AbortSignal, work: (vm: Vm) => Promise<T>): Promise<T> {
    return this.vbox.withVm(checkId(id, 'virtualbox/id'), signal, work);
  }

  /** The UUID of the VM that params name. Throws ModelError: 400 when they name none, 404 when it is not there. */
  async idOf(params: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<string> {
    const id = given(params, 'virtualbox/id');
    if (id !== undefined) return checkId(id, 'virtualbox/id');
    const named = given(params, 'virtualbox/name');
    if (named === undefined) throw refusal(400, 'Missing virtualbox id or name');
    const name = checkName(named, 'virtualbox/name');
    const vm = await this.vbox.findVm(name, signal);
    if (vm !== undefined) return vm.id;
    // The VM may be gone while its machine is not.
    const [machine] = await machinesOfName(this.#parts.api, name, signal);
    const known = given(machine?.Params, 'virtualbox/id');
    if (known !== undefined) return checkId(known, 'virtualbox/id');
    throw refusal(404, `virtualbox/name: VirtualBox has no VM ${name} for ${this.settings.user}`);
  }

  /** Ends what goes on in the background. What is still to be done is noted where the next run finds it. */
  async stop(reason: Error): Promise<void> {
    this.#stopping.abort(reason);
    await Promise.allSettled([this.#takingOver, this.#jobs.settled()]);
    // A VM to be made is known by its machine. The machine of a VM to be destroyed is gone.
    const limit = AbortSignal.timeout(STOP_LIMIT_MS);
    const left = [...this.#deleted].map(([uuid, machine]) => this.#lifecycle.condemn(uuid, machine, limit));
    await Promise.allSettled(left);
  }

  async #takeOver(vms: readonly VmEntry[]): Promise<void> {
    const { api, log, vbox, settings } = this.#parts;
    const { plugin } = settings;
    const isDeleted = (id: string) =>
      [...this.#deleted].some(([uuid, machine]) => idOfVm(uuid, machine) === id);
    const parts = { plugin, owner: this.#owner, vbox, api, log, isDeleted, signal: this.#signal };
    for (const { id, work } of await importVms(vms, parts)) {
      if (work.what === 'creating') this.createLater(work.machine, id);
      else {
        const destroy = (job: AbortSignal) => this.#retried(job, () => this.#lifecycle.destroy(id, job));
        this.#jobs.delete(work.machine || id, destroy).catch(toldOf);
      }
    }
  }

  async #retried(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const { log, retryPauseMs = RETRY_PAUSE_MS } = this.#parts;
    for (let tries = 1; ; tries += 1) {
      try {
        await work();
        return;
      } catch (error) {
        if (signal.aborted || !isPassing(error) || tries >= TRIES) throw error;
        log.warn(`Trying again: ${error.message}`);
      }
      try {
        await delay(retryPauseMs, undefined, { signal });
      } catch {
        throw cancelled('VirtualBox', signal);
      }
    }
  }
}

/** Jobs that fail are told of where jobs are made. */
function toldOf(): void {}
