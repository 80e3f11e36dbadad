import { isObject, ModelError, type RawModel } from '../../models/index.ts';
import type { Events } from '../state/events.ts';
import { endpointLine, type Logs } from '../state/logs.ts';
import type { Objects } from '../state/objects.ts';
import type { Actions } from './actions.ts';

/**
 * Sets the boot device of machines when their boot environment changes: network or disk. For machines with
 * `ipmi/enabled` and `ipmi/auto-boot-target`, by an action of any plugin that offers it (backend/machines.go of
 * dr-provision). Returns a function that stops it.
 */
export function followBootTargets(parts: {
  objects: Objects;
  events: Events;
  actions: Pick<Actions, 'run'>;
  logs: Logs;
}): () => void {
  const { objects, events, actions, logs } = parts;
  const closing = new AbortController();
  const set = async (uuid: string, command: string) => {
    const found = objects.find('machines', uuid);
    if (found === undefined || closing.signal.aborted) return;
    const wants = ['ipmi/enabled', 'ipmi/auto-boot-target'].every(
      (name) => objects.params.inherited(found, name) === true,
    );
    if (!wants) return;
    const caller = { principal: 'system', signal: closing.signal };
    try {
      await actions.run({ commandSet: 'machines', found }, command, null, {}, caller);
    } catch (error) {
      const reason = ModelError.from(error)?.message ?? String(error);
      logs.add(
        endpointLine('error', `${command} of machine ${uuid}, which has another boot environment: ${reason}`),
      );
    }
  };
  const unsubscribe = events.subscribe(({ Type, Action, Key, Object: now, Original: before }) => {
    if (Type !== 'machines' || Action !== 'update' || !isObject(now) || !isObject(before)) return;
    const [to, from] = [now, before].map(({ BootEnv }) => bootsFromNetwork(objects, BootEnv));
    // Deferred until the event has been delivered to all listeners.
    if (to !== from) setImmediate(() => void set(Key, to ? 'forcebootpxe' : 'forcebootdisk'));
  });
  return () => {
    unsubscribe();
    closing.abort();
  };
}

function bootsFromNetwork({ lookup }: Objects, name: unknown): boolean {
  const { OnlyUnknown, Kernel, OS } = lookup.get('bootenvs', String(name)) ?? {};
  const { SupportedArchitectures = {} } = (OS ?? {}) as { SupportedArchitectures?: RawModel };
  return OnlyUnknown === true || (Kernel ?? '') !== '' || Object.keys(SupportedArchitectures).length > 0;
}
