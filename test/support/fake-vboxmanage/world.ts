import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FakeVm {
  id: string;
  name: string;
  settingsFile: string;
  /** VirtualBox's short name of its state. */
  state: string;
  /** Milliseconds since 1970. */
  changedAt: number;
  /** How many more commands find it locked, though it is off: a session that ends holds the lock for a moment. */
  lockedTries: number;
  /** What `modifyvm` sets, by its option without the dashes. */
  settings: Record<string, string>;
  /** Of all eight network cards; VirtualBox shows those that are plugged in. */
  macs: string[];
  extraData: Record<string, string>;
  controllers: { name: string; type: string }[];
  /** Path of the medium by `CONTROLLER-PORT-DEVICE`. */
  media: Record<string, string>;
  description: string;
  /** The boot order of each start and reset, for tests. */
  boots: string[][];
}

export interface FakeMedium {
  id: string;
  sizeMb: number;
}

export interface World {
  vms: FakeVm[];
  /** Registered disks by path. */
  media: Record<string, FakeMedium>;
  /** Names of the host-only interfaces. */
  interfaces: string[];
}

/** What tests may set in `behaviour.json`. */
export interface Behaviour {
  /** How many commands find a VM locked after it went off; 1 unless given. */
  lockedTries?: number;
  /** No host-only network can be made. */
  noHostOnly?: boolean;
  /** No VM starts. */
  noStart?: boolean;
}

/** Where a command is run. */
export interface Host {
  /** The configuration folder: source 1, "Configuration data". */
  home: string;
  /** What there is. VirtualBox keeps it in one process of its own, VBoxSVC, to which all others talk. */
  world: World;
  /** Aborted when the command is killed. */
  signal?: AbortSignal;
  /** The process of the command. */
  caller?: number;
}

/** The default machine folder. */
export function machineFolder({ home }: Host): string {
  return join(home, 'VirtualBox VMs');
}

export function behaviour({ home }: Host): Behaviour {
  const file = join(home, 'behaviour.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Behaviour) : {};
}

/** States in which a process of VirtualBox runs the VM. */
const ONLINE = ['running', 'paused', 'starting', 'stopping', 'saving', 'restoring', 'gurumeditation'];

export function isOnline({ state }: FakeVm): boolean {
  return ONLINE.includes(state);
}

/** Whether a session holds the VM for a command that wants it: one that runs it, or one that is just being closed. */
export function isLocked(vm: FakeVm): boolean {
  if (isOnline(vm)) return true;
  if (vm.lockedTries === 0) return false;
  vm.lockedTries -= 1;
  return true;
}

export function enter(vm: FakeVm, state: string): void {
  vm.state = state;
  vm.changedAt = Date.now();
}
