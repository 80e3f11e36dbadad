import { filter, type Machine } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { MACHINE_PLUGIN, textParam } from './machine.ts';
import type { Setup } from './setup.ts';

/** A machine of this plugin, as a list of the endpoint has it. */
export interface OwnMachine {
  uuid: string;
  name: string;
  /** UUID of its device, once that is ordered. */
  device: string | undefined;
  project: string | undefined;
  /** Its device is still on its way. */
  pending: boolean;
}

const PARAMS = [MACHINE_PLUGIN, 'packet/uuid', 'packet/project-id', 'packet/order-started'];

/** The machines whose param machine-plugin is this plugin's name. */
export async function ownMachines({ api, plugin }: Setup, signal: AbortSignal): Promise<OwnMachine[]> {
  const machines = api.objects('machines');
  const options = { params: PARAMS, slim: ['Meta' as const], signal };
  try {
    // Finds those as well which have the param by a profile.
    return (await machines.list({ ...options, where: { [MACHINE_PLUGIN]: filter.eq(plugin) } })).map(
      ownMachine,
    );
  } catch (error) {
    // Where no content defines machine-plugin, the endpoint knows no such filter.
    if (!(error instanceof ModelError) || error.code >= 500) throw error;
  }
  const all = await machines.list(options);
  return all.filter(({ Params }) => textParam(Params, MACHINE_PLUGIN) === plugin).map(ownMachine);
}

/** The UUIDs of the machines of this plugin that are a device; one, or none. */
export async function ownMachinesByDevice(
  { api, plugin }: Setup,
  device: string,
  signal: AbortSignal,
): Promise<string[]> {
  const where = { 'packet/uuid': filter.eq(device) };
  const machines = await api.objects('machines').list({ where, params: PARAMS, slim: ['Meta'], signal });
  return machines
    .filter(({ Params }) => textParam(Params, MACHINE_PLUGIN) === plugin)
    .map(({ Uuid }) => Uuid);
}

function ownMachine({ Uuid, Name, Params }: Machine): OwnMachine {
  const device = textParam(Params, 'packet/uuid');
  return {
    uuid: Uuid,
    name: Name,
    device,
    project: textParam(Params, 'packet/project-id'),
    pending: device === undefined || textParam(Params, 'packet/order-started') !== undefined,
  };
}
