import { findVm, mustBeMutable, mustBeUnlocked } from './lookup.ts';
import { parseOptions, SyntaxFailure } from './options.ts';
import { enter, type Host, isOnline } from './world.ts';

const NUMBERED = ['boot', 'nic', 'nictype', 'hostonlyadapter', 'macaddress', 'cableconnected'];
const SETTINGS = [
  ...['name', 'description', 'ioapic', 'cpus', 'memory', 'vram', 'ostype', 'firmware'],
  ...NUMBERED.flatMap((name) => [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `${name}${number}`)),
];
const BOOT_DEVICES = ['none', 'floppy', 'dvd', 'disk', 'net'];

/** Sources 1, 3 and 15. */
export function modifyvm(host: Host, args: readonly string[]): string {
  const { values, rest } = parseOptions(args, SETTINGS);
  for (const [option, value] of Object.entries(values)) {
    if (/^boot\d$/.test(option) && !BOOT_DEVICES.includes(value)) {
      throw new SyntaxFailure(`Invalid boot device '${value}'`);
    }
    if (['cpus', 'memory', 'vram'].includes(option) && !/^\d+$/.test(value)) {
      throw new SyntaxFailure(`Invalid value '${value}' for option --${option}`);
    }
  }
  const { world } = host;
  const vm = findVm(world, rest[0]);
  mustBeMutable(vm);
  const { name = vm.name, description = vm.description, ...settings } = values;
  Object.assign(vm, { name, description });
  Object.assign(vm.settings, settings);
  return '';
}

/** Source 14. Reading takes no lock. */
export function getextradata(host: Host, args: readonly string[]): string {
  const { world } = host;
  const { extraData } = findVm(world, args[0]);
  const [, key = 'enumerate'] = args;
  if (key === 'enumerate') {
    return Object.entries(extraData)
      .map(([name, value]) => `Key: ${name}, Value: ${value}\n`)
      .join('');
  }
  return extraData[key] === undefined ? 'No value set!\n' : `Value: ${extraData[key]}\n`;
}

/** Source 14: a shared lock, which a VM that runs grants, and one that is being unlocked does not. */
export function setextradata(host: Host, args: readonly string[]): string {
  const [vmName, key, value = ''] = args;
  if (key === undefined) throw new SyntaxFailure('Not enough parameters');
  const { world } = host;
  const vm = findVm(world, vmName);
  if (!isOnline(vm)) mustBeUnlocked(vm);
  if (value === '') delete vm.extraData[key];
  else vm.extraData[key] = value;
  return '';
}

/** Sources 1 and 14. */
export function discardstate(host: Host, args: readonly string[]): string {
  const { world } = host;
  const vm = findVm(world, args[0]);
  mustBeUnlocked(vm);
  enter(vm, 'poweroff');
  return '';
}
