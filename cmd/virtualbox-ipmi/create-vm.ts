import { checkId, checkName } from './checks.ts';
import type { Control } from './control.ts';
import { findMachine, isFinished, MACHINE_PLUGIN, machinesOfVm, removeMachine } from './machines.ts';
import { paramValue } from './param-value.ts';
import { planOf, SIZE_PARAMS } from './plan.ts';
import { checkSameUser, type PluginContext, vmNamed } from './plugin-context.ts';
import { refusal } from './refusal.ts';

/**
 * Creates and starts a VM with a machine. The machine comes first: if the plugin ends in between, its next run
 * continues with the machine. Throws ModelError.
 */
export async function createVm(control: Control, context: PluginContext): Promise<string> {
  const { api, params, signal } = context;
  checkSameUser(control, params);
  const [name, wanted] = [paramValue(params, 'virtualbox/name'), paramValue(params, 'virtualbox/id')];
  if (name === undefined) {
    throw refusal(400, wanted === undefined ? 'Missing virtualbox id or name' : 'Missing virtualbox name');
  }
  const Name = checkName(name, 'virtualbox/name');
  planOf(Name, params, undefined);
  const Params: Record<string, unknown> = { [MACHINE_PLUGIN]: control.settings.plugin };
  for (const param of SIZE_PARAMS) if (params[param] !== undefined) Params[param] = params[param];
  if (wanted !== undefined) {
    const id = checkId(wanted, 'virtualbox/id');
    const [other] = await machinesOfVm(api, id, signal);
    if (other !== undefined) throw refusal(409, `virtualbox/id: VM ${id} is that of machine ${other.Name}`);
    Params['virtualbox/id'] = id;
  }
  const { Uuid } = await api.objects('machines').create({ Name, Params }, { signal });
  try {
    await control.create(Uuid);
  } catch (error) {
    // When the plugin stops, the next start continues with the machine.
    if (!signal.aborted) await takeBack(context, Uuid);
    throw error;
  }
  return `Created ${vmNamed(params)}`;
}

/** Deletes a machine without a VM. A machine whose VM exists is kept, even if the VM did not start. */
async function takeBack({ api, log, signal }: PluginContext, uuid: string): Promise<void> {
  try {
    const machine = await findMachine(api, uuid, signal);
    if (machine !== undefined && !isFinished(machine)) await removeMachine(api, uuid, signal);
  } catch (error) {
    log.warn(`Machine ${uuid} is left without a VM: ${error instanceof Error ? error.message : error}`);
  }
}
