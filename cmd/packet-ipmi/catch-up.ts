import type { Machine } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { MACHINE_PLUGIN, removeMachine, tagOf, withDeviceData } from './machine.ts';
import { isStatus } from './metal/cloud-error.ts';
import { type Device, isOnItsWayOut } from './metal/device.ts';
import { machinesByDevice, type OwnMachine, ownMachines } from './own-machines.ts';
import type { Setup } from './setup.ts';

/** Starts the work on single machines that the comparison finds. */
export interface MachineWork {
  /** The machine has no device, or one that is not ready. */
  order(machine: string): void;
  /** The machine was deleted. */
  discard(machine: string): void;
}

/**
 * Synchronizes endpoint and cloud after events may have been missed: orders devices for machines without one, deletes
 * devices of deleted machines, removes machines whose device is gone, and with `importExisting` creates machines for
 * devices without one. Removes and imports only on the basis of complete lists. Throws ModelError.
 */
export async function catchUp(setup: Setup, work: MachineWork, signal: AbortSignal): Promise<void> {
  const machines = await ownMachines(setup, signal);
  for (const { uuid, pending } of machines) if (pending) work.order(uuid);
  const recorded = await setup.ledger.all(signal);
  await settleLedger(setup, work, machines, recorded, signal);
  const projects = await setup.cloud.projects(signal);
  const devices: Device[] = [];
  for (const { id } of projects)
    for (const device of await setup.cloud.devices(id, signal)) devices.push(device);
  const visible = new Set(projects.map(({ id }) => id));
  await removeDeviceless(setup, machines, devices, visible, signal);
  if (setup.settings.importExisting) await importDevices(setup, machines, devices, recorded, signal);
  setup.log.info(`Compared ${machines.length} machines with ${devices.length} devices`);
}

/**
 * Handles differences between the ledger and the endpoint: machines that only the ledger has were deleted; machines
 * that it lacks are added.
 */
async function settleLedger(
  { api, ledger, plugin }: Setup,
  work: MachineWork,
  machines: readonly OwnMachine[],
  recorded: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const own = new Set(machines.map(({ uuid }) => uuid));
  for (const uuid of recorded.keys()) {
    if (own.has(uuid)) continue;
    if (!(await api.objects('machines').exists(uuid, { signal }))) {
      work.discard(uuid);
      continue;
    }
    const owner = await api.params('machines', uuid).get(MACHINE_PLUGIN, { aggregate: true, signal });
    // The machine was handed over to another plugin, with its device.
    if (owner !== plugin) await ledger.drop(uuid, signal);
  }
  for (const { uuid, device, pending } of machines) {
    if (pending || device === undefined || recorded.get(uuid) === device) continue;
    await ledger.put(uuid, device, signal);
  }
}

/** Removes machines whose device is missing from the list and, when requested alone, from the cloud. */
async function removeDeviceless(
  setup: Setup,
  machines: readonly OwnMachine[],
  devices: readonly Device[],
  visible: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const { ledger, log } = setup;
  const there = new Set(devices.map(({ id }) => id));
  for (const { uuid, name, device, project, pending } of machines) {
    if (pending || device === undefined || there.has(device)) continue;
    if (project !== undefined && !visible.has(project)) {
      log.warn(`Machine ${name}: device ${device} is in project ${project}, which the key does not reach`);
    } else if (await isGone(setup, device, signal)) {
      log.info(`Machine ${name} (${uuid}) is removed: its device ${device} is gone`);
      await removeMachine(setup, uuid, signal);
      await ledger.drop(uuid, signal);
    }
  }
}

async function isGone({ cloud }: Setup, device: string, signal: AbortSignal): Promise<boolean> {
  try {
    await cloud.device(device, signal);
    return false;
  } catch (error) {
    if (isStatus(error, 404)) return true;
    if (isStatus(error, 403)) return false;
    throw error;
  }
}

/** Creates machines for devices without one, of any plugin. */
async function importDevices(
  setup: Setup,
  machines: readonly OwnMachine[],
  devices: readonly Device[],
  recorded: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const { ledger, log } = setup;
  // Devices in the ledger are being ordered or deleted.
  const known = new Set([...recorded.values(), ...machines.map(({ device }) => device)]);
  const tags = new Set([...recorded.keys(), ...machines.map(({ uuid }) => uuid)].map(tagOf));
  for (const device of devices) {
    if (isOnItsWayOut(device.state) || known.has(device.id)) continue;
    if (device.tags.some((tag) => tags.has(tag))) continue;
    if ((await machinesByDevice(setup, device.id, signal)).length > 0) continue;
    const machine = await createMachine(setup, device, signal);
    if (machine === undefined) continue;
    await ledger.put(machine.Uuid, device.id, signal);
    log.info(`Machine ${machine.Name} (${machine.Uuid}) is made of device ${device.id}`);
  }
}

/**
 * Creates a machine for a device. Several devices can have the same host name, or one that is not valid for a machine.
 * Undefined when the endpoint refuses the machine under every name; other devices are still imported.
 */
async function createMachine(
  { api, plugin, log }: Setup,
  device: Device,
  signal: AbortSignal,
): Promise<Machine | undefined> {
  const Params = { [MACHINE_PLUGIN]: plugin };
  const machine = withDeviceData({ Name: '', Address: '', HardwareAddrs: [], Profiles: [], Params }, device);
  const suffix = device.id.slice(0, 8);
  const names = [machine.Name, `${machine.Name}-${suffix}`, `packet-${suffix}`];
  let refused: ModelError | undefined;
  for (const Name of machine.Name === '' ? names.slice(2) : names) {
    try {
      return await api.objects('machines').create({ ...machine, Name }, { signal });
    } catch (error) {
      if (!(error instanceof ModelError) || error.code >= 500) throw error;
      refused ??= error;
    }
  }
  log.warn(`Device ${device.id} cannot become a machine: ${refused?.messages.join('; ')}`);
  return undefined;
}
