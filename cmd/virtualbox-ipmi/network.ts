import { refusal } from './refusal.ts';
import type { VBoxManage } from './vboxmanage.ts';

/** The host-only network of the VMs' first network card, over which they boot from the endpoint. */
export const HOST_ONLY_NETWORK = 'vboxnet0';

/** Creates the host-only network if it is missing. Throws ModelError. */
export async function ensureHostOnlyNetwork(vbox: VBoxManage, signal: AbortSignal): Promise<void> {
  await vbox.withNetworks(signal, async () => {
    const list = await vbox.run(['list', 'hostonlyifs'], signal);
    const names = [...list.matchAll(/^Name: +(.*?)\r?$/gm)].map(([, name]) => name);
    if (names.includes(HOST_ONLY_NETWORK)) return;
    const output = await vbox.run(['hostonlyif', 'create'], signal);
    // VirtualBox chooses the name: the first free one.
    const made = /Interface '([^'\n]*)' was successfully created/.exec(output)?.[1];
    if (made === HOST_ONLY_NETWORK) return;
    throw refusal(
      409,
      `VirtualBox made the host-only network ${made ?? '(without a name)'} in place of ${HOST_ONLY_NETWORK}: make ${HOST_ONLY_NETWORK} in VirtualBox`,
    );
  });
}
