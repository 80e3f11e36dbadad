import { Failure, GENERAL_FAILURE } from './failure.ts';
import { SyntaxFailure } from './options.ts';
import { PROGRESS } from './progress.ts';
import { behaviour, type Host } from './world.ts';

/** Sources 1, 12 and 14. */
export function hostonlyif(host: Host, args: readonly string[]): { stdout: string; stderr: string } {
  if (args[0] !== 'create') throw new SyntaxFailure(`Unknown sub-command '${args[0]}'`);
  if (behaviour(host).noHostOnly) {
    throw new Failure(
      'Failed to create the host-only adapter\nVBoxNetAdpCtl: Error while adding new interface: failed to open /dev/vboxnetctl: No such file or directory',
      GENERAL_FAILURE,
      'HostNetworkInterface, interface IHostNetworkInterface',
    );
  }
  const { world } = host;
  let number = 0;
  while (world.interfaces.includes(`vboxnet${number}`)) number += 1;
  const name = `vboxnet${number}`;
  world.interfaces.push(name);
  return { stdout: `Interface '${name}' was successfully created\n`, stderr: PROGRESS };
}

/** Source 11. */
export function listHostOnlyIfs(host: Host): string {
  return host.world.interfaces
    .map((name, index) =>
      [
        `Name:            ${name}`,
        `GUID:            786f6276-656e-4${index}74-8000-0a002700000${index}`,
        'DHCP:            Disabled',
        `IPAddress:       192.168.${56 + index}.1`,
        'NetworkMask:     255.255.255.0',
        'IPV6Address:     ',
        'IPV6NetworkMaskPrefixLength: 0',
        `HardwareAddress: 0a:00:27:00:00:0${index}`,
        'MediumType:      Ethernet',
        'Status:          Up',
        `VBoxNetworkName: HostInterfaceNetworking-${name}`,
        '',
        '',
      ].join('\n'),
    )
    .join('');
}
