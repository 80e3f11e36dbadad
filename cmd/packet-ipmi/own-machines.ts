import { filter, type Machine } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { DEVICE, MACHINE_PLUGIN, ORDER_STARTED, textParam } from './machine.ts';
import type { Setup } from './setup.ts';

/** A machine of this plugin. */
export interface OwnMachine {
  uuid: string;
  name: string;
  /** UUID of its device, once ordered. */
  device: string | undefined;
  project: string | undefined;
  /** Whether its device is not ready. */
  pending: boolean;
}

const PARAMS = [MACHINE_PLUGIN, DEVICE, 'packet/project-id', ORDER_STARTED];

/**
 * The machines whose param machine-plugin is this plugin's name. A machine that has the param from a profile is
 * included while it has no device; then the param is set on the machine itself.
 */
export async function ownMachines({ api, plugin }: Setup, signal: AbortSignal): Promise<OwnMachine[]> {
  const machines = api.objects('machines');
  const options = { params: PARAMS, slim: ['Meta' as const], signal };
  const owner = ({ Params }: Machine) => textParam(Params, MACHINE_PLUGIN);
  try {
    const where = { [MACHINE_PLUGIN]: filter.eq(plugin) };
    const found = await machines.list({ ...options, where });
    // The machine's own value takes precedence over the filter's result.
    return found
      .filter((machine) => owner(machine) === plugin || (owner(machine) === undefined && isPending(machine)))
      .map(ownMachine);
  } catch (error) {
    // The endpoint does not support the filter when no content defines machine-plugin.
    if (!(error instanceof ModelError) || error.code >= 500) throw error;
  }
  return (await machines.list(options)).filter((machine) => owner(machine) === plugin).map(ownMachine);
}

/** The machines with this device, of any plugin. Several when a machine was copied. */
export async function machinesByDevice(
  { api }: Setup,
  device: string,
  signal: AbortSignal,
): Promise<Machine[]> {
  const where = { [DEVICE]: filter.eq(device) };
  const machines = await api.objects('machines').list({ where, params: PARAMS, slim: ['Meta'], signal });
  return machines.filter(({ Params }) => textParam(Params, DEVICE) === device);
}

/** UUIDs of those that belong to this plugin. */
export async function ownMachinesByDevice(
  setup: Setup,
  device: string,
  signal: AbortSignal,
): Promise<string[]> {
  const machines = await machinesByDevice(setup, device, signal);
  return machines
    .filter(({ Params }) => textParam(Params, MACHINE_PLUGIN) === setup.plugin)
    .map(({ Uuid }) => Uuid);
}

function isPending({ Params }: Machine): boolean {
  return textParam(Params, DEVICE) === undefined || ORDER_STARTED in (Params ?? {});
}

function ownMachine(machine: Machine): OwnMachine {
  const { Uuid, Name, Params } = machine;
  return {
    uuid: Uuid,
    name: Name,
    device: textParam(Params, DEVICE),
    project: textParam(Params, 'packet/project-id'),
    pending: isPending(machine),
  };
}
