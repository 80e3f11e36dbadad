import { Failure, GENERAL_FAILURE, INVALID_OBJECT_STATE, INVALID_VM_STATE } from './failure.ts';
import { hold } from './hold.ts';
import { findVm } from './lookup.ts';
import { parseOptions, SyntaxFailure } from './options.ts';
import { PROGRESS } from './progress.ts';
import { behaviour, enter, type FakeVm, type Host, isLocked, isOnline } from './world.ts';

/** Sources 1, 4 and 14. It returns when the VM runs. */
export async function startvm(host: Host, args: readonly string[]): Promise<string> {
  const { rest } = parseOptions(args, ['type', 'putenv']);
  const [nameOrId = ''] = rest;
  const { world } = host;
  const vm = findVm(world, nameOrId);
  if (isLocked(vm)) {
    throw new Failure(
      `The machine '${vm.name}' is already locked by a session (or being locked or unlocked)`,
      INVALID_OBJECT_STATE,
    );
  }
  if (behaviour(host).noStart) {
    throw new Failure(
      'VT-x is disabled in the BIOS for all CPU modes (VERR_VMX_MSR_ALL_VMX_DISABLED)',
      GENERAL_FAILURE,
      'ConsoleWrap, interface IConsole',
    );
  }
  const saved = vm.state === 'saved';
  if (!saved) boot(vm);
  enter(vm, saved ? 'restoring' : 'starting');
  await hold(host, 'startvm-between');
  enter(findVm(host.world, nameOrId), 'running');
  return `Waiting for VM "${nameOrId}" to power on...\nVM "${nameOrId}" has been successfully started.\n`;
}

/** Sources 1 and 9. */
export function controlvm(host: Host, args: readonly string[]): { stdout: string; stderr: string } {
  const [nameOrId, command = ''] = args;
  const work = CONTROLS[command];
  if (work === undefined) throw new SyntaxFailure(`Invalid parameter '${command}'`);
  const { world } = host;
  const vm = findVm(world, nameOrId);
  if (!isOnline(vm)) throw new Failure(`Machine '${nameOrId}' is not currently running.`);
  return { stdout: '', stderr: work(vm, host) };
}

/** What each does with a VM that is on, and what it prints to stderr. */
const CONTROLS: Readonly<Record<string, (vm: FakeVm, host: Host) => string>> = {
  poweroff: (vm, host) => {
    mustBe(vm, ['running', 'paused', 'gurumeditation'], ' (must be Running, Paused or Stuck)');
    return switchOff(host, vm, 'poweroff');
  },
  reset: (vm) => {
    mustBe(vm, ['running']);
    boot(vm);
    return '';
  },
  pause: (vm) => {
    mustBe(vm, ['running']);
    enter(vm, 'paused');
    return '';
  },
  resume: (vm) => {
    mustBe(vm, ['paused']);
    enter(vm, 'running');
    return '';
  },
  savestate: (vm, host) => {
    mustBe(vm, ['running', 'paused']);
    return switchOff(host, vm, 'saved');
  },
};

function switchOff(host: Host, vm: FakeVm, state: string): string {
  enter(vm, state);
  vm.lockedTries = behaviour(host).lockedTries ?? 1;
  return PROGRESS;
}

const NAMES: Readonly<Record<string, string>> = {
  running: 'Running',
  paused: 'Paused',
  starting: 'Starting',
  restoring: 'Restoring',
  gurumeditation: 'GuruMeditation',
};

function mustBe(vm: FakeVm, states: readonly string[], what = ''): void {
  const { state } = vm;
  if (states.includes(state)) return;
  throw new Failure(
    `Invalid machine state: ${NAMES[state] ?? state}${what}`,
    INVALID_VM_STATE,
    'ConsoleWrap, interface IConsole',
  );
}

/** Notes what the VM boots from. */
function boot(vm: FakeVm): void {
  vm.boots.push([1, 2, 3, 4].map((number) => vm.settings[`boot${number}`] ?? 'none'));
}
