import { type Command, type Group, nameOf, type Subgroup } from '../command.ts';
import type { Flag } from '../flags.ts';
import { actionCommands } from './actions.ts';
import { bootEnvCommand } from './bootenv.ts';
import { isoCommands } from './isos.ts';
import { EXTENDED, type Kind } from './kinds.ts';
import { listCommands } from './list.ts';
import { metaCommands } from './meta.ts';
import { paramCommands } from './params.ts';
import { profileCommands } from './profiles.ts';
import { readCommands } from './read.ts';
import { taskCommands } from './tasks.ts';
import { writeCommands } from './write.ts';

const LDATA: Flag = { name: 'ldata', short: 'l', value: 'string', about: 'Type of the objects' };

type Commands = readonly (Command | Subgroup)[];

/** Commands of a single type. */
const OWN: Readonly<Record<string, (kind: Kind) => Promise<Commands>>> = {
  bootenvs: async () => (await import('./own/bootenvs.ts')).bootEnvCommands,
  jobs: async () => (await import('./own/jobs.ts')).jobCommands,
  machines: async (kind) => (await import('./own/machines.ts')).machineCommands(kind),
  plugin_providers: async () => (await import('./own/plugin-providers.ts')).providerCommands,
  pools: async () => (await import('./own/pools.ts')).poolCommands,
  subnets: async (kind) => (await import('./own/subnets.ts')).subnetCommands(kind),
  templates: async () => (await import('./own/templates.ts')).templateCommands,
  users: async () => (await import('./own/users.ts')).userCommands,
};

/**
 * All commands for the objects of a type. Those of the type alone are not loaded when `next` is another command, to
 * save time.
 */
export async function objectGroup(kind: Kind, next?: string): Promise<Group> {
  const commands: Commands = [
    ...listCommands(kind),
    ...readCommands(kind),
    ...writeCommands(kind),
    ...(kind.meta === false ? [] : metaCommands(kind)),
    ...(kind.params ? [...paramCommands(kind), ...isoCommands(kind)] : []),
    ...(kind.profiles ? profileCommands(kind) : []),
    ...(kind.tasks ? taskCommands(kind) : []),
    ...(kind.bootEnv ? [bootEnvCommand(kind)] : []),
    ...(kind.actions ? actionCommands(kind) : []),
  ];
  const flags = kind === EXTENDED ? [LDATA] : [];
  if (commands.some((command) => nameOf(command) === next)) return { commands, flags };
  return { commands: [...commands, ...((await OWN[kind.prefix]?.(kind)) ?? [])], flags };
}
