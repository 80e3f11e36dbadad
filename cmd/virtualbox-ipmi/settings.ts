import type { Params } from '../../content/virtualbox-ipmi.generated.ts';
import { checkFolder, checkUser } from './checks.ts';
import { paramValue } from './param-value.ts';

/** The settings in the plugin object. */
export interface Settings {
  /** Name of the plugin, and value of the param `machine-plugin` of its machines. */
  plugin: string;
  /** The user who owns the VMs. */
  user: string;
  /** Folder for new VMs; undefined for VirtualBox's default. */
  folder: string | undefined;
}

/** Throws ModelError 400 that names the param. */
export function settingsOf(plugin: string, params: Readonly<Partial<Params>>): Settings {
  const folder = paramValue(params, 'virtualbox/vm-path');
  return {
    plugin,
    user: checkUser(params['virtualbox/user'], 'virtualbox/user'),
    folder: folder === undefined ? undefined : checkFolder(folder, 'virtualbox/vm-path'),
  };
}
