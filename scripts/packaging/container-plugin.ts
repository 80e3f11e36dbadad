import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ContainerPlugin, writePluginToml } from '../../lib/core0/index.ts';
import { commandsOf } from '../../lib/plugin/commands.ts';
import type { Plugin } from '../../lib/plugin/index.ts';

/**
 * The `.plugin.toml` of `cmd/NAME`, if it has container commands (`commands.ts`, whose default export is what
 * `commands` returns); undefined for others. Throws an Error for a command whose name the provider's executable uses
 * itself.
 */
export async function containerPluginToml(root: string, name: string): Promise<string | undefined> {
  const plugin = await defaultOf<ContainerPlugin>(root, name, 'commands.ts');
  if (plugin === undefined) return undefined;
  const { path = `/bin/${name}`, queue = false, commands } = plugin;
  const provider = await defaultOf<Plugin>(root, name, 'plugin.ts');
  const own = provider === undefined ? [] : commandsOf(provider);
  const taken = ['help', ...own.flatMap((command) => [command.name, ...command.aliases])];
  const both =
    provider === undefined ? undefined : [...commands.keys()].find((command) => taken.includes(command));
  if (both !== undefined)
    throw new Error(
      `cmd/${name}/commands.ts: ${both}: the provider has a command of this name; choose another`,
    );
  return writePluginToml({ [name]: { path, exports: [...commands.keys()], queue } });
}

async function defaultOf<T>(root: string, name: string, source: string): Promise<T | undefined> {
  const file = join(root, 'cmd', name, source);
  if (!existsSync(file)) return undefined;
  return ((await import(pathToFileURL(file).href)) as { default: T }).default;
}
