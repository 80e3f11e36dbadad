import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';

/** A network interface of the endpoint (`models.Interface`). */
export interface Interface {
  ReadOnly: true;
  Meta: Record<string, string>;
  Name: string;
  Index: number;
  /** With prefix length: `192.168.100.1/24`. */
  Addresses: string[];
  ActiveAddress: string;
  Gateway: string;
  DnsServers: string[];
  DnsDomain: string;
}

/** Active interfaces with an external IPv4 address, except those of containers. */
export async function interfaces(): Promise<Interface[]> {
  const resolver = await text('/etc/resolv.conf');
  const DnsServers = [...resolver.matchAll(/^nameserver\s+(\S+)/gm)].map(([, server = '']) => server);
  const [, DnsDomain = ''] = /^(?:domain|search)\s+(\S+)/m.exec(resolver) ?? [];
  const gateways = gatewaysOf(await text('/proc/net/route'));
  const found: Interface[] = [];
  for (const [Name, addresses = []] of Object.entries(networkInterfaces())) {
    const Addresses = addresses
      .filter(
        ({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'),
      )
      .flatMap(({ cidr }) => (cidr === null ? [] : [cidr]));
    const [ActiveAddress] = Addresses;
    if (ActiveAddress === undefined || Name.startsWith('veth')) continue;
    const Index = Number(await text(`/sys/class/net/${Name}/ifindex`));
    const Gateway = gateways.get(Name) ?? '';
    found.push({
      ReadOnly: true,
      Meta: {},
      Name,
      Index,
      Addresses,
      ActiveAddress,
      Gateway,
      DnsServers,
      DnsDomain,
    });
  }
  return found;
}

/**
 * Default gateways by interface, from Linux's routing table, where addresses are hexadecimal in little-endian order.
 */
function gatewaysOf(table: string): Map<string, string> {
  const gateways = new Map<string, string>();
  for (const line of table.split('\n')) {
    const [name = '', destination, gateway = ''] = line.split('\t');
    if (destination !== '00000000' || !/^[0-9A-F]{8}$/.test(gateway)) continue;
    gateways.set(name, [...Buffer.from(gateway, 'hex')].reverse().join('.'));
  }
  return gateways;
}

/** The content of a file; `''` when the system does not have it. */
function text(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
