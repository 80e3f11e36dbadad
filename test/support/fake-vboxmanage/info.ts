import { dirname, join } from 'node:path';
import { findVm } from './lookup.ts';
import { listHostOnlyIfs } from './networks.ts';
import { parseOptions, SyntaxFailure } from './options.ts';
import { type FakeMedium, type FakeVm, type Host, isOnline } from './world.ts';

/** Source 1. */
export function list(host: Host, args: readonly string[]): string {
  const [what = ''] = args;
  if (what === 'hostonlyifs') return listHostOnlyIfs(host);
  if (what !== 'vms' && what !== 'runningvms') throw new SyntaxFailure(`Unknown subcommand "${what}"`);
  return host.world.vms
    .filter((vm) => what === 'vms' || isOnline(vm))
    .map(({ name, id }) => `"${name}" {${id}}\n`)
    .join('');
}

/** Sources 1, 10, and 14 for the quoting. Without `--machinereadable`, the plugin has no use for it. */
export function showvminfo(host: Host, args: readonly string[]): string {
  const { values, rest } = parseOptions(args, [], ['machinereadable', 'details']);
  if (!('machinereadable' in values)) throw new SyntaxFailure('Only --machinereadable is known here');
  const { world } = host;
  const vm = findVm(world, rest[0]);
  return fields(vm, world.media)
    .map(([name, value]) => {
      const written = typeof value === 'number' ? String(value) : quote(value);
      return `${/[ -]/.test(name) ? quote(name) : name}=${written}\n`;
    })
    .join('');
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function fields(vm: FakeVm, media: Readonly<Record<string, FakeMedium>>): [string, string | number][] {
  const folder = dirname(vm.settingsFile);
  const { settings } = vm;
  const all: [string, string | number][] = [
    ['name', vm.name],
    ['groups', '/'],
    ['ostype', 'Other/Unknown'],
    ['UUID', vm.id],
    ['CfgFile', vm.settingsFile],
    ['SnapFldr', join(folder, 'Snapshots')],
    ['LogFldr', join(folder, 'Logs')],
    ['hardwareuuid', vm.id],
    ['memory', Number(settings.memory)],
    ['pagefusion', 'off'],
    ['vram', Number(settings.vram)],
    ['cpuexecutioncap', 100],
    ['chipset', 'piix3'],
    ['firmware', 'BIOS'],
    ['cpus', Number(settings.cpus)],
    ['bootmenu', 'messageandmenu'],
    ...[1, 2, 3, 4].map((number): [string, string] => [`boot${number}`, settings[`boot${number}`] ?? 'none']),
    ['acpi', 'on'],
    ['ioapic', settings.ioapic ?? 'off'],
    ['VMState', vm.state],
    ['VMStateChangeTime', `${new Date(vm.changedAt).toISOString().slice(0, 23)}000000`],
  ];
  for (const [index, { name, type }] of vm.controllers.entries()) {
    all.push([`storagecontrollername${index}`, name], [`storagecontrollertype${index}`, type]);
    all.push([`storagecontrollerportcount${index}`, '1']);
  }
  for (const { name } of vm.controllers) {
    const medium = vm.media[`${name}-0-0`];
    all.push([`${name}-0-0`, medium ?? 'none']);
    if (medium !== undefined) all.push([`${name}-ImageUUID-0-0`, media[medium]?.id ?? '']);
  }
  for (const number of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const nic = settings[`nic${number}`] ?? 'none';
    if (nic !== 'none') {
      if (nic === 'nat') all.push([`natnet${number}`, 'nat']);
      const adapter = settings[`hostonlyadapter${number}`];
      if (nic === 'hostonly' && adapter !== undefined) all.push([`hostonlyadapter${number}`, adapter]);
      all.push([`macaddress${number}`, vm.macs[number - 1] ?? ''], [`cableconnected${number}`, 'on']);
    }
    all.push([`nic${number}`, nic]);
    if (nic !== 'none') all.push([`nictype${number}`, settings[`nictype${number}`] ?? '82540EM']);
  }
  all.push(['GuestMemoryBalloon', 0]);
  if (vm.description !== '') all.push(['description', vm.description]);
  return all;
}
