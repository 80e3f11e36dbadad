import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure, FILE_ERROR, GENERAL_FAILURE, INVALID_OBJECT_STATE } from './failure.ts';
import { hold } from './hold.ts';
import { findVm } from './lookup.ts';
import { parseOptions, SyntaxFailure } from './options.ts';
import { PROGRESS } from './progress.ts';
import { type FakeVm, type Host, isLocked, machineFolder, type World } from './world.ts';

/** Sources 1, 6, 13, and 14 for its two steps: the settings are saved first and registered then. */
export async function createvm(host: Host, args: readonly string[]): Promise<string> {
  const { values } = parseOptions(
    args,
    ['name', 'basefolder', 'ostype', 'uuid', 'groups'],
    ['register', 'default'],
  );
  const { name, uuid = randomUUID() } = values;
  if (name === undefined || name === '') throw new SyntaxFailure('Parameter --name is required');
  // Characters that file systems do not like are replaced: source 14, ComposeMachineFilename.
  const folder = join(values.basefolder ?? machineFolder(host), name.replace(/[/\\:*?"<>|]/g, '_'));
  const settingsFile = join(folder, `${name.replace(/[/\\:*?"<>|]/g, '_')}.vbox`);
  if (existsSync(settingsFile)) {
    throw new Failure(`Machine settings file '${settingsFile}' already exists`, FILE_ERROR);
  }
  const vm = newVm(uuid.replace(/[{}]/g, '').toLowerCase(), name, settingsFile);
  save(vm);
  await hold(host, 'createvm-between');
  const registered = 'register' in values;
  if (registered) register(host.world, vm);
  return `Virtual machine '${name}' is created${registered ? ' and registered' : ''}.
UUID: ${vm.id}
Settings file: '${settingsFile}'
`;
}

/** Sources 1 and 16. */
export function registervm(host: Host, args: readonly string[]): string {
  const [file = ''] = args;
  if (!existsSync(file)) {
    throw new Failure(`Runtime error opening '${file}' for reading: -102 (File not found.)`, FILE_ERROR);
  }
  register(host.world, JSON.parse(readFileSync(file, 'utf8')) as FakeVm);
  return '';
}

/** Sources 1, 2 and 14. */
export function unregistervm(host: Host, args: readonly string[]): { stdout: string; stderr: string } {
  const { values, rest } = parseOptions(args, [], ['delete', 'delete-all']);
  const remove = 'delete' in values || 'delete-all' in values;
  const { world } = host;
  const vm = findVm(world, rest[0]);
  if (isLocked(vm)) {
    throw new Failure(`Cannot unregister the machine '${vm.name}' while it is locked`, INVALID_OBJECT_STATE);
  }
  world.vms.splice(world.vms.indexOf(vm), 1);
  for (const path of Object.values(vm.media)) {
    delete world.media[path];
    if (remove) rmSync(path, { force: true });
  }
  if (remove) removeFiles(vm);
  else save(vm);
  return { stdout: '', stderr: remove ? PROGRESS : '' };
}

function register(world: World, vm: FakeVm): void {
  const other = world.vms.find(({ id, settingsFile }) => id === vm.id || settingsFile === vm.settingsFile);
  if (other !== undefined) {
    throw new Failure(
      `Trying to open a VM config '${vm.settingsFile}' which has the same UUID as an existing virtual machine`,
      GENERAL_FAILURE,
    );
  }
  world.vms.push(vm);
}

/** The settings file. VirtualBox writes XML. */
function save(vm: FakeVm): void {
  mkdirSync(dirname(vm.settingsFile), { recursive: true });
  writeFileSync(vm.settingsFile, JSON.stringify(vm));
}

/** The folder stays when something else is in it. */
function removeFiles({ settingsFile }: FakeVm): void {
  rmSync(settingsFile, { force: true });
  try {
    rmdirSync(dirname(settingsFile));
  } catch {
    // Not empty, or gone.
  }
}

function newVm(id: string, name: string, settingsFile: string): FakeVm {
  return {
    id,
    name,
    settingsFile,
    state: 'poweroff',
    changedAt: Date.now(),
    lockedTries: 0,
    settings: {
      cpus: '1',
      memory: '128',
      vram: '8',
      ioapic: 'off',
      boot1: 'floppy',
      boot2: 'dvd',
      boot3: 'disk',
      boot4: 'none',
      nic1: 'nat',
      nictype1: '82540EM',
    },
    // VirtualBox's own range of addresses: source 1.
    macs: Array.from({ length: 8 }, () => `080027${randomBytes(3).toString('hex').toUpperCase()}`),
    extraData: {},
    controllers: [],
    media: {},
    description: '',
    boots: [],
  };
}
