import { isDeepStrictEqual } from 'node:util';
import type { RawModel } from '../../../../lib/models/index.ts';
import type { Subgroup } from '../../command.ts';
import { changeObject, textsOf } from '../change.ts';

export const machineTasks: Subgroup = {
  use: 'tasks',
  summary: 'Add tasks to those that a machine will run, and take them out',
  commands: [
    {
      use: 'add [id] [at [offset]] [task...]',
      summary: 'Add tasks to those of the current stage',
      details: `Without an offset, they come after the other tasks of the stage; at 0, right after the current task. Tasks that are
there already are not added again.`,
      examples: ['add Name:web1 update-firmware', 'add Name:web1 at 0 update-firmware'],
      check(args, useLine) {
        const [, word, offset = ''] = args;
        if (args.length < 2) return `${useLine} requires at least an id and one task`;
        if (word !== 'at') return undefined;
        if (args.length < 4) return `${useLine} requires at least 3 arguments when specifying an offset`;
        return /^\d+$/.test(offset) ? undefined : `${useLine}: ${offset} is not a number`;
      },
      async run(context) {
        const [id = '', ...words] = context.args;
        const isPlaced = words[0] === 'at';
        const offset = isPlaced ? Number(words[1]) : undefined;
        const names = isPlaced ? words.slice(2) : words;
        await changeObject(context, 'machines', id, (machine) => withTasks(machine, names, offset));
      },
    },
    {
      use: 'del [id] [task...]',
      summary: 'Take tasks out of those of the current stage that have not run yet',
      details: 'Each name takes out one task: a task that is there twice is named twice.',
      check: (args, useLine) =>
        args.length < 2 ? `${useLine} requires at least an id and one task` : undefined,
      async run(context) {
        const [id = '', ...names] = context.args;
        await changeObject(context, 'machines', id, (machine) => withoutTasks(machine, names));
      },
    },
  ],
};

/**
 * Splits a machine's tasks: those up to the current one, those to come in this stage (which can be changed), and those
 * from the next stage on.
 */
function parts({ Tasks, CurrentTask }: RawModel): [string[], string[], string[]] {
  const tasks = textsOf(Tasks);
  const start = Math.min(Number(CurrentTask ?? -1) + 1, tasks.length);
  const toCome = tasks.slice(start);
  const next = toCome.findIndex((task) => task.startsWith('stage:'));
  const end = next < 0 ? toCome.length : next;
  return [tasks.slice(0, start), toCome.slice(0, end), toCome.slice(end)];
}

/** Inserts tasks after the first `offset` tasks to come, within the stage, unless they are there. */
function withTasks(machine: RawModel, names: readonly string[], offset = Number.POSITIVE_INFINITY): RawModel {
  const [past, present, future] = parts(machine);
  const at = Math.min(offset, present.length);
  const from = at === present.length ? Math.max(0, at - names.length) : at;
  if (isDeepStrictEqual(present.slice(from, from + names.length), names)) return machine;
  return { ...machine, Tasks: [...past, ...present.toSpliced(at, 0, ...names), ...future] };
}

/** Removes the first occurrence of each name among the tasks to come in this stage. */
function withoutTasks(machine: RawModel, names: readonly string[]): RawModel {
  const [past, present, future] = parts(machine);
  const left = [...names];
  const kept = present.filter((task) => {
    const at = left.indexOf(task);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return { ...machine, Tasks: [...past, ...kept, ...future] };
}
