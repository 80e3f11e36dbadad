import type { Params } from '../../content/virtualbox-ipmi.generated.ts';
import type { ConfigContext } from '../../lib/plugin/index.ts';
import { Semaphore } from '../../lib/process/index.ts';
import { Control } from './control.ts';
import { refusal } from './refusal.ts';
import { settingsOf } from './settings.ts';
import { VBoxManage } from './vboxmanage.ts';

let current: Control | undefined;
const atOnce = new Semaphore(1);

/**
 * Applies the params of the plugin object. Background work with earlier settings is ended, and continued with the new
 * ones. Throws ModelError; then nothing has changed.
 */
export async function configure(context: ConfigContext<Partial<Params>>): Promise<void> {
  const { plugin, params, api, log, signal } = context;
  const settings = settingsOf(plugin, params);
  await atOnce.take(signal);
  try {
    const found = await VBoxManage.find(settings.user);
    // For the same user, VMs keep their queues.
    const vbox = current?.settings.user === settings.user ? current.vbox : found;
    const vms = await vbox.list(signal);
    const { id: endpoint } = await api.info({ signal });
    const before = current;
    // Replaced first, so that no event reaches the old one.
    current = new Control({ settings, vbox, api, log, endpoint, signal });
    await before?.stop(refusal(503, `Plugin ${plugin} is configured anew`));
    await current.takeOver(vms);
  } finally {
    atOnce.give();
  }
}

/** The configured control. Throws ModelError 409 before the first configuration. */
export function running(): Control {
  if (current === undefined) throw refusal(409, 'The plugin is not configured');
  return current;
}

/** Ends background work. */
export async function stop(): Promise<void> {
  await current?.stop(refusal(503, 'The plugin stops'));
}
