import type { Command, Group } from '../command.ts';
import type { Flag } from '../flags.ts';
import { actionCommands } from './actions.ts';
import { EXTENDED, type Kind } from './kinds.ts';
import { listCommands } from './list.ts';
import { paramCommands } from './params.ts';
import { profileCommands } from './profiles.ts';
import { readCommands } from './read.ts';
import { uploadCommands } from './upload.ts';
import { writeCommands } from './write.ts';

const LDATA: Flag = { name: 'ldata', short: 'l', value: 'string', about: 'Type of the objects' };

/** All commands for the objects of one type. */
export function objectGroup(kind: Kind): Group {
  const commands: Command[] = [
    ...listCommands(kind),
    ...readCommands(kind),
    ...writeCommands(kind),
    ...(kind.params ? paramCommands(kind) : []),
    ...(kind.profiles ? profileCommands(kind) : []),
    ...(kind.actions ? actionCommands(kind) : []),
    ...(kind.prefix === 'plugin_providers' ? uploadCommands : []),
  ];
  return { commands, flags: kind === EXTENDED ? [LDATA] : [] };
}
