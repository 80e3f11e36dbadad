import { isDeepStrictEqual } from 'node:util';
import type { RawModel } from '../../../../lib/models/index.ts';
import { textsOf } from '../change.ts';

/**
 * The tasks of a machine in three parts, of which the one in the middle can be changed: those that have run or run now,
 * those to come in this stage, and those from the next change of stage on.
 */
function parts({ Tasks, CurrentTask }: RawModel): [string[], string[], string[]] {
  const tasks = textsOf(Tasks);
  const start = Math.min(Number(CurrentTask ?? -1) + 1, tasks.length);
  const toCome = tasks.slice(start);
  const next = toCome.findIndex((task) => task.startsWith('stage:'));
  const end = next < 0 ? toCome.length : next;
  return [tasks.slice(0, start), toCome.slice(0, end), toCome.slice(end)];
}

/** With tasks after the first `offset` ones to come, at most after those of the stage, if they are not there already. */
export function withTasks(
  machine: RawModel,
  names: readonly string[],
  offset = Number.POSITIVE_INFINITY,
): RawModel {
  const [past, present, future] = parts(machine);
  const at = Math.min(offset, present.length);
  const from = at === present.length ? Math.max(0, at - names.length) : at;
  if (isDeepStrictEqual(present.slice(from, from + names.length), names)) return machine;
  return { ...machine, Tasks: [...past, ...present.toSpliced(at, 0, ...names), ...future] };
}

/** Without the first task of each name among those to come in this stage. */
export function withoutTasks(machine: RawModel, names: readonly string[]): RawModel {
  const [past, present, future] = parts(machine);
  const left = [...names];
  const kept = present.filter((task) => {
    const at = left.indexOf(task);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return { ...machine, Tasks: [...past, ...kept, ...future] };
}
