import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../../lib/api/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import { checkId, checkName } from './checks.ts';
import { isPassing } from './failure.ts';
import { importVms } from './import.ts';
import { Jobs } from './jobs.ts';
import { idOfVm, Lifecycle } from './lifecycle.ts';
import { type MachineParams, machinesOfName, unfinishedMachines } from './machines.ts';
import { paramValue } from './param-value.ts';
import { cancelled, refusal } from './refusal.ts';
import type { Settings } from './settings.ts';
import type { VBoxManage, Vm } from './vboxmanage.ts';
import type { VmEntry } from './vm-info.ts';

export interface ControlParts {
  settings: Settings;
  vbox: VBoxManage;
  api: Client;
  log: Logger;
  /** Id of the endpoint. */
  endpoint: string;
  /** Aborted when the plugin stops. */
  signal: AbortSignal;
  /** Pause in ms before a job that failed temporarily is repeated. */
  retryPauseMs?: number;
  /** How long in ms callers wait for `takeOver`. */
  takeOverLimitMs?: number;
}

/** How often a temporarily failing job is tried. */
const TRIES = 3;
const RETRY_PAUSE_MS = 5_000;
/** Ms. The endpoint waits for the configuration, and may give up. */
const TAKE_OVER_LIMIT_MS = 20_000;
/** Ms. The endpoint does not wait long for a plugin to stop. */
const STOP_LIMIT_MS = 3_000;

/** The VMs of a user as machines of a plugin. Methods throw ModelError. */
export class Control {
  readonly settings: Settings;
  readonly vbox: VBoxManage;
  readonly #parts: ControlParts;
  /** Identifies this plugin in notes on VMs, since others may use the same VirtualBox. */
  readonly #owner: string;
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;
  readonly #jobs: Jobs;
  readonly #lifecycle: Lifecycle;
  /** Deleted machines whose VMs are not destroyed yet, by UUID. */
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
   * Creates machines for VMs without one, and continues unfinished work of an earlier run. With many VMs, the rest is
   * done in the background.
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

  /** Creates missing VMs of this plugin's machines in the background. */
  async catchUp(signal: AbortSignal): Promise<void> {
    const machines = await unfinishedMachines(this.#parts.api, this.settings.plugin, signal);
    for (const machine of machines) this.createLater(machine);
  }

  /** Creates and starts the VM of a machine, and updates the machine. `begun`: see `Lifecycle.create`. */
  create(machine: string, begun = machine): Promise<void> {
    return this.#jobs.create(machine, (signal) =>
      this.#retried(signal, () => this.#lifecycle.create(machine, begun, signal)),
    );
  }

  /** Like `create`, in the background. */
  createLater(machine: string, begun?: string): void {
    this.create(machine, begun).catch(reportedElsewhere);
  }

  /** Destroys the VM of a deleted machine in the background. Throws ModelError 400 for an invalid id. */
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
    job.catch(reportedElsewhere);
  }

  /** Destroys a VM and deletes its machines. */
  destroy(id: string, signal: AbortSignal): Promise<void> {
    return this.#lifecycle.destroy(id, signal);
  }

  /** Runs work with exclusive access to the VM. */
  async withVm<T>(id: unknown, signal: AbortSignal, work: (vm: Vm) => Promise<T>): Promise<T> {
    return this.vbox.withVm(checkId(id, 'virtualbox/id'), signal, work);
  }

  /** The UUID of the VM in params. Throws ModelError: 400 when the params have no UUID, 404 when the VM does not exist. */
  async idOf(params: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<string> {
    const id = paramValue(params, 'virtualbox/id');
    if (id !== undefined) return checkId(id, 'virtualbox/id');
    const named = paramValue(params, 'virtualbox/name');
    if (named === undefined) throw refusal(400, 'Missing virtualbox id or name');
    const name = checkName(named, 'virtualbox/name');
    const vm = await this.vbox.findVm(name, signal);
    if (vm !== undefined) return vm.id;
    // The machine may exist without the VM.
    const [machine] = await machinesOfName(this.#parts.api, name, signal);
    const known = paramValue(machine?.Params, 'virtualbox/id');
    if (known !== undefined) return checkId(known, 'virtualbox/id');
    throw refusal(404, `virtualbox/name: VirtualBox has no VM ${name} for ${this.settings.user}`);
  }

  /** Ends background work. What remains is stored for the next run. */
  async stop(reason: Error): Promise<void> {
    this.#stopping.abort(reason);
    await Promise.allSettled([this.#takingOver, this.#jobs.settled()]);
    // A VM to be created is known by its machine; one to be destroyed has none, so it is marked.
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
        this.#jobs.delete(work.machine || id, destroy).catch(reportedElsewhere);
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

/** Errors are reported where jobs are created. */
function reportedElsewhere(): void {}
