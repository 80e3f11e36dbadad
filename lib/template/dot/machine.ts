import type { Structure } from '../values/value.ts';
import { listMethod, type Member, type Members, method } from './members.ts';
import { structureOf } from './objects.ts';
import type { RenderSources } from './sources.ts';

/** `.Machine`: the fields of the object, and those that dr-provision adds. */
export function machineOf({ machine = {}, urls }: Pick<RenderSources, 'machine' | 'urls'>): Structure {
  const text = (name: string) => (typeof machine[name] === 'string' ? machine[name] : '');
  const path = () => `machines/${text('Uuid')}`;
  const own: Members = new Map<string, Member>([
    ['UUID', method(0, 'string', () => text('Uuid'))],
    ['Key', method(0, 'string', () => text('Uuid'))],
    ['Prefix', method(0, 'string', () => 'machines')],
    ['Path', method(0, 'string', path)],
    ['Url', method(0, 'string', () => `${urls.ProvisionerURL}/${path()}`)],
    ['ShortName', method(0, 'string', () => text('Name').split('.', 1)[0])],
    ['HexAddress', method(0, 'string', () => hexAddress(text('Address')))],
    ['HasProfile', method(1, 'bool', (name) => hasProfile(machine, name))],
    ['MacAddr', listMethod('string', ([format = 'raw']) => hardwareAddress(machine, format))],
  ]);
  return structureOf('*backend.rMachine', machine, own);
}

export function hasProfile({ Profiles }: Readonly<Record<string, unknown>>, name: string): boolean {
  return Array.isArray(Profiles) && Profiles.includes(name);
}

function hexAddress(address: string): string {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part))) return '';
  return parts.map((part) => part.toString(16).toUpperCase().padStart(2, '0')).join('');
}

function hardwareAddress({ HardwareAddrs }: Readonly<Record<string, unknown>>, format: string): string {
  const [address = ''] = Array.isArray(HardwareAddrs) ? HardwareAddrs.map(String) : [];
  const dashed = address.replaceAll(':', '-');
  if (format === 'pxelinux') return `01-${dashed}`;
  return format === 'rpi4' ? dashed : address;
}
