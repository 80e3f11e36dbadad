import type { Client, Machine, Stage } from '../api/index.ts';
import { isObject } from '../models/index.ts';

/** The stage after a stage, from the param `change-stage/map` of endpoints without workflows. */
export interface NextStage {
  stage: Pick<Stage, 'Name' | 'BootEnv' | 'Reboot'>;
  /** What to do next, in the map's words: Success, Reboot, Stop or Shutdown. */
  word: string;
}

/** Undefined when the machine stays in its stage. Throws ModelError, 404 when the next stage does not exist. */
export async function nextStage(
  client: Client,
  machine: Machine,
  signal: AbortSignal,
): Promise<NextStage | undefined> {
  const params = client.params('machines', machine.Uuid);
  const map = await params.get('change-stage/map', { aggregate: true, signal }).catch(() => undefined);
  const entry = isObject(map) && Object.hasOwn(map, machine.Stage) ? map[machine.Stage] : undefined;
  const [name = '', word = ''] = typeof entry === 'string' ? entry.split(':', 2) : [];
  const wanted = name || (machine.BootEnv.endsWith('-install') ? 'local' : machine.Stage);
  if (wanted === machine.Stage) return undefined;
  return { stage: await client.objects('stages').get(wanted, { signal }), word };
}
