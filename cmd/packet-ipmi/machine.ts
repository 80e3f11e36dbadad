import { ConflictError, type Machine } from '../../lib/api/index.ts';
import { ModelError, type RawModel, UUID } from '../../lib/models/index.ts';
import { about, failure } from './failure.ts';
import type { Device } from './metal/device.ts';
import type { Setup } from './setup.ts';

/** The param of a machine that names the plugin which made it or is to make it. */
export const MACHINE_PLUGIN = 'machine-plugin';
/** The param that names the device that a machine is. */
export const DEVICE = 'packet/uuid';
/** The param that a machine has while its device is ordered and not ready. */
export const ORDER_STARTED = 'packet/order-started';
const CONSOLE_PROFILE = 'packet-console';
/** How often a machine is written anew when somebody else has changed it at the same time. */
const TRIES = 10;

/** The tag by which the device of a machine is found again. */
export function tagOf(machine: string): string {
  return `drp-machine-${machine}`;
}

/** A param that is text, and not empty. Params of machines are whatever the endpoint let pass. */
export function textParam(params: unknown, name: string): string | undefined {
  if (typeof params !== 'object' || params === null) return undefined;
  const value = (params as Record<string, unknown>)[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The UUID of a machine that came with an action or an event. Throws ModelError 409. */
export function uuidOf({ Uuid }: RawModel): string {
  if (typeof Uuid === 'string' && UUID.test(Uuid)) return Uuid;
  throw failure(409, `Model.Uuid: expected a UUID, found ${JSON.stringify(Uuid ?? null)}`);
}

/** Whether the endpoint says that the machine is not there (any more). */
export function isMachineGone(error: unknown): boolean {
  return error instanceof ModelError && error.code === 404 && error.model !== about.model;
}

type Described = Pick<Machine, 'Name' | 'Address' | 'HardwareAddrs' | 'Profiles' | 'Params'>;

/** A machine with what its device says: name, addresses, params, and the profile for the console. */
export function described<M extends Described>(machine: M, device: Device): M {
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

/** Changes a machine, once more when somebody else has changed it meanwhile. Throws the endpoint's ModelError. */
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

/** Removes a machine from the endpoint, if it is there. */
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
