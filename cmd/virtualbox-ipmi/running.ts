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
 * Works as the plugin object says from now on. What went on in the background by the settings before is ended first, and
 * gone on with by the new ones. Throws ModelError, and then nothing has changed.
 */
export async function configure(context: ConfigContext<Partial<Params>>): Promise<void> {
  const { plugin, params, api, log, signal } = context;
  const settings = settingsOf(plugin, params);
  await atOnce.take(signal);
  try {
    const found = await VBoxManage.find(settings.user);
    // The same user's VMs stay in the same queues.
    const vbox = current?.settings.user === settings.user ? current.vbox : found;
    const vms = await vbox.list(signal);
    const { id: endpoint } = await api.info({ signal });
    const before = current;
    // First, so that no event goes to the one that ends.
    current = new Control({ settings, vbox, api, log, endpoint, signal });
    await before?.stop(refusal(503, `Plugin ${plugin} is configured anew`));
    await current.takeOver(vms);
  } finally {
    atOnce.give();
  }
}

/** What the plugin was configured to do. Throws ModelError 409 before that. */
export function running(): Control {
  if (current === undefined) throw refusal(409, 'The plugin is not configured');
  return current;
}

/** Ends what goes on in the background. */
export async function stop(): Promise<void> {
  await current?.stop(refusal(503, 'The plugin stops'));
}
