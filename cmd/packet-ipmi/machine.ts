import { ConflictError, type Machine } from '../../lib/api/index.ts';
import { ModelError, type RawModel, UUID } from '../../lib/models/index.ts';
import { about, failure } from './failure.ts';
import type { Device } from './metal/device.ts';
import type { Setup } from './setup.ts';

/** The param with the name of the plugin that a machine belongs to. */
export const MACHINE_PLUGIN = 'machine-plugin';
/** The param with the UUID of a machine's device. */
export const DEVICE = 'packet/uuid';
/** The param that is set while a machine's device is being ordered. */
export const ORDER_STARTED = 'packet/order-started';
const CONSOLE_PROFILE = 'packet-console';
/** How often a machine is updated again after concurrent changes. */
const TRIES = 10;

/** The tag that identifies the device of a machine. */
export function tagOf(machine: string): string {
  return `drp-machine-${machine}`;
}

/** A param with non-empty text. The params of machines may have any type. */
export function textParam(params: unknown, name: string): string | undefined {
  if (typeof params !== 'object' || params === null) return undefined;
  const value = (params as Record<string, unknown>)[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The UUID of the machine in an action or event. Throws ModelError 409. */
export function uuidOf({ Uuid }: RawModel): string {
  if (typeof Uuid === 'string' && UUID.test(Uuid)) return Uuid;
  throw failure(409, `Model.Uuid: expected a UUID, found ${JSON.stringify(Uuid ?? null)}`);
}

/** Whether the error says that the machine does not exist. */
export function isMachineGone(error: unknown): boolean {
  return error instanceof ModelError && error.code === 404 && error.model !== about.model;
}

type Described = Pick<Machine, 'Name' | 'Address' | 'HardwareAddrs' | 'Profiles' | 'Params'>;

/** The machine with the data of its device: name, addresses, params, and the profile for the console. */
export function withDeviceData<M extends Described>(machine: M, device: Device): M {
  const { plan, facility, project, sos } = device;
  const facts = {
    [DEVICE]: device.id,
    'packet/plan': plan,
    'packet/facility': facility,
    'packet/project-id': project,
    'packet/sos': sos === undefined ? undefined : `${device.id}@${sos}`,
    'packet/always-pxe': device.alwaysPxe,
    'packet/ipxe-script-url': device.ipxeScriptUrl || undefined,
  };
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  const profiles = machine.Profiles ?? [];
  return {
    ...machine,
    Name: device.hostname || machine.Name,
    Address: device.address ?? machine.Address,
    HardwareAddrs: device.macs.length > 0 ? [...device.macs] : machine.HardwareAddrs,
    Profiles: profiles.includes(CONSOLE_PROFILE) ? profiles : [...profiles, CONSOLE_PROFILE],
    Params: { ...machine.Params, ...Object.fromEntries(known) },
  };
}

/** Updates a machine, again after concurrent changes. Throws the endpoint's ModelError. */
export async function changeMachine(
  { api }: Pick<Setup, 'api'>,
  uuid: string,
  change: (machine: Readonly<Machine>) => Machine,
  signal: AbortSignal,
): Promise<Machine> {
  const machines = api.objects('machines');
  for (let tries = 1; ; tries += 1) {
    const machine = await machines.get(uuid, { signal });
    try {
      return await machines.patchTo(machine, change(machine), { signal });
    } catch (error) {
      if (!(error instanceof ConflictError) || tries >= TRIES) throw error;
    }
  }
}

/** Deletes a machine if it exists. */
export async function removeMachine(
  { api }: Pick<Setup, 'api'>,
  uuid: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await api.objects('machines').remove(uuid, { signal });
  } catch (error) {
    if (!isMachineGone(error)) throw error;
  }
}
