import type { Event } from '../../lib/models/index.ts';
import type { Control } from './control.ts';
import { MACHINE_PLUGIN, type MachineParams } from './machines.ts';

/** Creates or destroys the VM of a created or deleted machine, in the background. Throws ModelError. */
export function follow({ Action, Key, Object: object }: Event, control: Control): void {
  const machine = machineOf(object);
  if (machine.Params?.[MACHINE_PLUGIN] !== control.settings.plugin) return;
  if (Action === 'create') control.createLater(Key);
  if (Action === 'delete') control.deleteLater(Key, machine);
}

function machineOf(object: unknown): MachineParams {
  if (typeof object !== 'object' || object === null || !('Params' in object)) return { Params: null };
  const { Params } = object;
  return {
    Params: typeof Params === 'object' && Params !== null ? (Params as Record<string, unknown>) : null,
  };
}
