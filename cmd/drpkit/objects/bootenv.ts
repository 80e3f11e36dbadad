import type { Command } from '../command.ts';
import { changing } from './change.ts';
import type { Kind } from './kinds.ts';

/** For types with a single boot environment. */
export function bootEnvCommand(kind: Kind): Command {
  return changing(
    kind,
    { use: 'bootenv [id] [bootenv]', summary: `Set the boot environment of a ${kind.single}` },
    (object, [BootEnv]) => ({ ...object, BootEnv }),
  );
}
