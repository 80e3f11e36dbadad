import type { Command } from '../command.ts';
import { changing } from './change.ts';
import type { Kind } from './kinds.ts';

/** Commands for what has one boot environment. */
export function bootEnvCommands(kind: Kind): Command[] {
  return [
    changing(
      kind,
      { use: 'bootenv [id] [bootenv]', summary: `Set the boot environment of a ${kind.single}` },
      (object, [BootEnv]) => ({ ...object, BootEnv }),
    ),
  ];
}
