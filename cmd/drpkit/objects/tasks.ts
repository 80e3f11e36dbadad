import { ModelError, type RawModel } from '../../../lib/models/index.ts';
import type { Command } from '../command.ts';
import { changing, textsOf } from './change.ts';
import type { Kind } from './kinds.ts';

/** Commands for objects with a list of tasks. Those that run them also have an index into it. */
export function taskCommands(kind: Kind): Command[] {
  const { prefix, single } = kind;
  const commands = [
    changing(
      kind,
      { use: 'addtask [id] [task]', summary: `Add a task to the end of the list of a ${single}` },
      (object, [task = '']) => ({ ...object, Tasks: [...textsOf(object.Tasks), task] }),
    ),
    changing(
      kind,
      { use: 'removetask [id] [task]', summary: `Take a task out of the list of a ${single}` },
      (object, [task]) => ({ ...object, Tasks: textsOf(object.Tasks).filter((other) => other !== task) }),
    ),
  ];
  if (prefix !== 'machines') return commands;
  const insert = changing(
    kind,
    {
      use: 'inserttask [id] [task] [offset]',
      summary: 'Put a task among those that are still to come',
      details: 'The offset counts from the current task; without it, the task comes right after that.',
      examples: ['inserttask Name:web1 update-firmware 1'],
      check: ({ length }, useLine) =>
        length === 2 || length === 3 ? undefined : `${useLine} expects 2 or 3 arguments`,
    },
    insertTask,
  );
  return [...commands, insert];
}

function insertTask(machine: RawModel, [task = '', offset = '0']: readonly string[]): RawModel {
  const tasks = textsOf(machine.Tasks);
  const start = Math.min(Number(machine.CurrentTask ?? -1) + 1, tasks.length);
  const at = start + Number(offset);
  if (!/^\d+$/.test(offset) || at > tasks.length) {
    throw new ModelError(400, `Invalid offset ${offset}: expected 0 to ${tasks.length - start}`);
  }
  return { ...machine, Tasks: tasks.toSpliced(at, 0, task) };
}
