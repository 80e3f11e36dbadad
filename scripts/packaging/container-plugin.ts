import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ContainerPlugin, writePluginToml } from '../../lib/core0/index.ts';

/**
 * The `.plugin.toml` of `cmd/NAME`, when that has container commands (`commands.ts`, whose default export is what `commands`
 * returns); undefined for others.
 */
export async function containerPluginToml(root: string, name: string): Promise<string | undefined> {
  const file = join(root, 'cmd', name, 'commands.ts');
  if (!existsSync(file)) return undefined;
  const { default: plugin } = (await import(pathToFileURL(file).href)) as { default: ContainerPlugin };
  const { path = `/bin/${name}`, queue = false, commands } = plugin;
  return writePluginToml({ [name]: { path, exports: [...commands.keys()], queue } });
}
