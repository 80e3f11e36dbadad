import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, Machine } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import { Semaphore } from '../../lib/process/index.ts';
import { catchUp } from './catch-up.ts';
import { failure } from './failure.ts';
import { Jobs } from './jobs.ts';
import { Ledger } from './ledger.ts';
import {
  changeMachine,
  DEVICE,
  isMachineGone,
  MACHINE_PLUGIN,
  removeMachine,
  textParam,
  withDeviceData,
} from './machine.ts';
import { Cloud } from './metal/cloud.ts';
import { CloudError, isStatus } from './metal/cloud-error.ts';
import { orderDevice } from './order.ts';
import { OrderFailed } from './order-failed.ts';
import { ownMachinesByDevice } from './own-machines.ts';
import { reboot, setPower } from './power.ts';
import { removeDevice, removeDeviceOf } from './removal.ts';
import type { Settings } from './settings.ts';
import type { Setup } from './setup.ts';

/** How many machines are updated at the endpoint at once. */
const AT_ONCE = 8;
/** Poll intervals between a failure and the next complete comparison. */
const LOOK_AGAIN = 60;

export interface ProvisionerOptions {
  plugin: string;
  settings: Settings;
  api: Client;
  log: Logger;
  fileServer: string | undefined;
}

/** The params of action createVm. */
export interface VmParams {
  name: string | undefined;
  plan: string;
  facility: string;
  project: string | undefined;
}

/**
 * The work of one configuration: provides devices for machines, and deletes devices of deleted machines. Runs in the
 * background, one job at a time per machine.
 */
export class Provisioner {
  readonly #setup: Setup;
  readonly #jobs: Jobs<string | undefined>;
  readonly #closing: AbortController;

  /**
   * Checks the settings with a request for the projects. Throws ModelError 400 for an invalid setting, else CloudError.
   * `signal` ends only the check.
   */
  static async open(options: ProvisionerOptions, signal: AbortSignal): Promise<Provisioner> {
    const { plugin, settings, api, log } = options;
    const { key, url, pollMs, orderMs } = settings;
    const cloud = new Cloud({ url, key, longestPauseMs: pollMs, orderMs });
    const projects = (await cloud.projects(signal)).map(({ id }) => id);
    if (settings.project !== undefined && !projects.includes(settings.project)) {
      log.warn(`packet/project-id: the key does not reach project ${settings.project}`);
    }
    const ledger = new Ledger(api, plugin);
    return new Provisioner({ ...options, cloud, projects, ledger, gate: new Semaphore(AT_ONCE) });
  }

  private constructor(setup: Omit<Setup, 'signal'>) {
    this.#closing = new AbortController();
    this.#setup = { ...setup, signal: this.#closing.signal };
    this.#jobs = new Jobs(this.#closing.signal);
  }

  /** Ends all work. The next provisioner, in this process or another, continues it. */
  async close(): Promise<void> {
    this.#closing.abort(failure(503, 'the plugin stops, or is configured anew'));
    await this.#jobs.ended();
  }

  /** Handles the creation of a machine at the endpoint. */
  async machineCreated(uuid: string, signal: AbortSignal): Promise<void> {
    const { api, plugin } = this.#setup;
    try {
      const params = await api.params('machines', uuid).all({ aggregate: true, signal });
      if (textParam(params, MACHINE_PLUGIN) === plugin) void this.#order(uuid);
    } catch (error) {
      if (isMachineGone(error)) return;
      this.#lookAgain();
      throw error;
    }
  }

  /** Handles the deletion of a machine at the endpoint; `machine` is its last state. */
  async machineDeleted(uuid: string, machine: unknown, signal: AbortSignal): Promise<void> {
    const { ledger, plugin } = this.#setup;
    const params = (machine as Partial<Machine> | null)?.Params;
    if (textParam(params, MACHINE_PLUGIN) === plugin) this.#discard(uuid, textParam(params, DEVICE));
    // If it was this plugin's machine before, it was handed over with its device.
    else await ledger.drop(uuid, signal);
  }

  /** Starts a complete comparison in the background, and repeats it until it succeeds. */
  catchUp(): void {
    const reason = failure(409, 'begun anew');
    void this.#jobs.replace('catch-up', 'catch-up', (signal) => this.#catchUp(signal), reason);
  }

  async #catchUp(signal: AbortSignal): Promise<undefined> {
    const { log, settings } = this.#setup;
    const work = {
      order: (uuid: string) => void this.#order(uuid),
      discard: (uuid: string) => this.#discard(uuid),
    };
    for (let pause = settings.pollMs; ; pause = Math.min(pause * 2, settings.pollMs * LOOK_AGAIN)) {
      try {
        await catchUp(this.#setup, work, signal);
        return undefined;
      } catch (error) {
        signal.throwIfAborted();
        log.error(`Machines and devices could not be compared: ${messageOf(error)}`);
        if (isStatus(error, 401, 402, 403)) return undefined;
        const asked = error instanceof CloudError ? error.pauseMs : 0;
        await delay(Math.max(pause, asked), undefined, { signal });
      }
    }
  }

  async power(device: string, command: string, signal: AbortSignal): Promise<string> {
    const { cloud } = this.#setup;
    switch (command) {
      case 'poweron':
      case 'startVm':
        return setPower(cloud, device, 'power_on', signal);
      case 'poweroff':
      case 'stopVm':
        return setPower(cloud, device, 'power_off', signal);
      default:
        return reboot(cloud, device, signal);
    }
  }

  /** Changes the boot mode of the machine's device, and updates the machine. */
  async updatePxe(
    machine: string,
    device: string,
    pxe: { ipxeScriptUrl?: string; alwaysPxe?: boolean },
    signal: AbortSignal,
  ): Promise<string> {
    const changed = await this.#setup.cloud.setPxe(device, pxe, signal);
    // The device's name is ignored: the machine's may have been changed, or belong to another machine.
    const change = (found: Readonly<Machine>) => ({ ...withDeviceData(found, changed), Name: found.Name });
    await changeMachine(this.#setup, machine, change, signal);
    return 'Success';
  }

  /** Creates a machine and its device. Resolves when the device is ready. */
  async createVm({ name, plan, facility, project }: VmParams, signal: AbortSignal): Promise<string> {
    const { api, plugin } = this.#setup;
    const params: Record<string, string> = {
      [MACHINE_PLUGIN]: plugin,
      'packet/plan': plan,
      'packet/facility': facility,
    };
    if (project !== undefined) params['packet/project-id'] = project;
    const Name = name || `packet-${randomUUID().slice(0, 8)}`;
    const { Uuid } = await api.objects('machines').create({ Name, Params: params }, { signal });
    const device = await this.#order(Uuid);
    if (device === undefined)
      throw failure(409, `machine ${Name} was taken from the plugin while it was made`);
    return `Created ${device}`;
  }

  /** Deletes a device and this plugin's machine for it. */
  async destroyVm(device: string, signal: AbortSignal): Promise<string> {
    const setup = this.#setup;
    await removeDevice(setup, device, signal);
    for (const uuid of await ownMachinesByDevice(setup, device, signal)) {
      await setup.ledger.drop(uuid, signal);
      await removeMachine(setup, uuid, signal);
    }
    return `Destroyed ${device}`;
  }

  #order(uuid: string): Promise<string | undefined> {
    return this.#jobs.start(uuid, 'order', async (signal) => {
      const { log } = this.#setup;
      try {
        return await orderDevice(this.#setup, uuid, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (isMachineGone(error)) {
          await this.#remove(uuid, undefined, signal);
          throw failure(409, `machine ${uuid} was deleted while its device was made`);
        }
        if (!(error instanceof OrderFailed)) {
          log.error(`Machine ${uuid}: ${messageOf(error)}; it is looked at again later`);
          this.#lookAgain();
          throw error;
        }
        log.error(`Machine ${uuid} is removed, it did not become a device: ${messageOf(error)}`);
        await this.#undo(uuid, error.device, signal);
        throw error;
      }
    });
  }

  /** Removes a machine that got no device. */
  async #undo(uuid: string, device: string | undefined, signal: AbortSignal): Promise<void> {
    const { log, ledger, gate } = this.#setup;
    try {
      if (device !== undefined) await removeDevice(this.#setup, device, signal);
      await gate.run(async () => {
        await ledger.drop(uuid, signal);
        await removeMachine(this.#setup, uuid, signal);
      });
    } catch (error) {
      signal.throwIfAborted();
      log.error(`Machine ${uuid}: ${device ?? 'it'} could not be removed: ${messageOf(error)}`);
      this.#lookAgain();
    }
  }

  #discard(uuid: string, device?: string): void {
    const reason = failure(409, `machine ${uuid} was deleted while its device was made`);
    void this.#jobs.replace(uuid, 'discard', (signal) => this.#remove(uuid, device, signal), reason);
  }

  async #remove(uuid: string, device: string | undefined, signal: AbortSignal): Promise<undefined> {
    const { log } = this.#setup;
    try {
      await removeDeviceOf(this.#setup, uuid, device, signal);
    } catch (error) {
      signal.throwIfAborted();
      const what = device === undefined ? 'its device' : `its device ${device}`;
      log.error(
        `Machine ${uuid} is gone, but ${what} is not: ${messageOf(error)}; delete it, or see to the cause`,
      );
      this.#lookAgain();
    }
    return undefined;
  }

  /** Schedules a complete comparison. */
  #lookAgain(): void {
    void this.#jobs.start('later', 'later', async (signal) => {
      await delay(this.#setup.settings.pollMs * LOOK_AGAIN, undefined, { signal });
      this.catchUp();
      return undefined;
    });
  }
}

function messageOf(error: unknown): string {
  if (error instanceof ModelError) return error.messages.join('; ');
  return error instanceof Error ? error.message : String(error);
}
