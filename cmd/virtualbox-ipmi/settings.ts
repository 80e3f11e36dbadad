import type { Params } from '../../content/virtualbox-ipmi.generated.ts';
import { checkFolder, checkUser } from './checks.ts';
import { given } from './given.ts';

/** What the plugin object says. */
export interface Settings {
  /** The plugin's name, which its machines have in their param `machine-plugin`. */
  plugin: string;
  /** Whose VMs these are. */
  user: string;
  /** The folder for new VMs; VirtualBox's own for the user when undefined. */
  folder: string | undefined;
}

/** Throws ModelError 400 that names the param. */
export function settingsOf(plugin: string, params: Readonly<Partial<Params>>): Settings {
  const folder = given(params, 'virtualbox/vm-path');
  return {
    plugin,
    user: checkUser(params['virtualbox/user'], 'virtualbox/user'),
    folder: folder === undefined ? undefined : checkFolder(folder, 'virtualbox/vm-path'),
  };
}
