import { VBoxManage, type VBoxManageOptions } from '../../cmd/virtualbox-ipmi/vboxmanage.ts';
import { VirtualBox } from '../support/fake-vboxmanage/index.ts';

export const never = new AbortController().signal;

/** A VirtualBox, and the plugin's hold on it, with short waits and no processes. */
export interface ManagedBox extends AsyncDisposable {
  box: VirtualBox;
  vbox: VBoxManage;
}

export async function managedBox(options: VBoxManageOptions = {}): Promise<ManagedBox> {
  const box = await VirtualBox.open();
  const fast = { child: box.child, pauseMs: 5, spacingMs: [0, 0] as const };
  const vbox = await VBoxManage.find(box.user, { env: box.env, ...fast, ...options });
  return { box, vbox, [Symbol.asyncDispose]: () => box[Symbol.asyncDispose]() };
}

/** Makes a bare VM, and returns its UUID in upper case. */
export async function bareVm({ vbox }: ManagedBox, name = 'n1'): Promise<string> {
  const output = await vbox.run(['createvm', '--name', name, '--register'], never);
  return String(/UUID: (\S+)/.exec(output)?.[1]).toUpperCase();
}
