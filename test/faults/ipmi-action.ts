import type { Answer, ProviderProcess } from '../support/provider-process.ts';

/** How a machine's BMC is reached. */
export interface Reach {
  address: string;
  port?: number;
  username: string;
  password: string;
}

/** An action of the plugin ipmi in mode ipmitool, with a suite that ipmi_sim has. */
export function act(
  provider: ProviderProcess,
  command: string,
  { address, port, username, password }: Reach,
  params: Record<string, unknown> = {},
): Promise<Answer> {
  return provider.action(command, {
    CommandSet: 'machines',
    Model: { Uuid: '3e7031fc-3062-45f1-835c-92541bc9cbd3' },
    Params: {
      'ipmi/mode': 'ipmitool',
      'ipmi/address': address,
      'ipmi/port-ipmitool': port ?? 623,
      'ipmi/username': username,
      'ipmi/password': password,
      'ipmi/cipher-suite': 3,
      'detected-bios-mode': 'uefi',
      ...params,
    },
  });
}

/** What the error of an answer says. */
export function messagesOf({ json }: Answer): string {
  return (json as { Messages: string[] }).Messages.join('\n');
}
