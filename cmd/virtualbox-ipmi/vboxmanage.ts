import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type ChildEnd, findExecutable, KeyedQueue, runChild } from '../../lib/process/index.ts';
import { failureOf, VBoxFailure } from './failure.ts';
import { cancelled, refusal } from './refusal.ts';
import { Spacing } from './spacing.ts';
import { type Power, powerOf } from './states.ts';
import { parseVmInfo, parseVmList, type VmEntry, type VmInfo } from './vm-info.ts';

export interface CallOptions {
  /** Time limit in ms; default 60 s. */
  timeLimitMs?: number;
  /** Retry while the VM is locked, as for a moment after it was switched off. */
  patient?: boolean;
}

export interface VBoxManageOptions {
  /** Source of PATH and the variables that VirtualBox needs. Default: the environment of this process. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Name of the user of this process; undefined when the system has none. */
  self?: string;
  /** How many processes may run at once. */
  maxChildren?: number;
  /** How long in ms a call may wait for its turn. */
  waitLimitMs?: number;
  /** How long in ms to wait for a VM that is locked or in transition. */
  lockLimitMs?: number;
  /** Polling interval in ms. */
  pauseMs?: number;
  /** Runs vboxmanage. */
  child?: typeof runChild;
  /** Pause between two starts in ms: a random value in this range. */
  spacingMs?: readonly [number, number];
}

const TOOLS = ['vboxmanage', 'VBoxManage'];
const CALL_LIMIT_MS = 60_000;
/** Ms. Shorter, since the endpoint waits for the configuration. */
const LIST_LIMIT_MS = 30_000;

/** VirtualBox's command line, run as one user. */
export class VBoxManage {
  /** The program and its first arguments. */
  readonly #command: readonly [string, ...string[]];
  readonly #env: Record<string, string>;
  readonly #queue: KeyedQueue;
  readonly #lockLimitMs: number;
  readonly #pauseMs: number;
  readonly #child: typeof runChild;
  readonly spacing: Spacing;

  private constructor(
    command: readonly [string, ...string[]],
    env: Record<string, string>,
    options: VBoxManageOptions,
  ) {
    this.#command = command;
    this.#env = env;
    const { maxChildren = 4, waitLimitMs = 120_000, spacingMs = [1_000, 1_500] } = options;
    const { lockLimitMs = 10_000, pauseMs = 250, child = runChild } = options;
    this.#lockLimitMs = lockLimitMs;
    this.#pauseMs = pauseMs;
    this.#child = child;
    this.spacing = new Spacing(...spacingMs);
    this.#queue = new KeyedQueue({
      atOnce: maxChildren,
      waitLimitMs,
      cancelled,
      late: (key, limitMs) => refusal(503, `${key}: earlier work was not done after ${limitMs / 1000} s`),
    });
  }

  /** Looks for vboxmanage, and for sudo when `user` is not the user of this process. Throws ModelError 404. */
  static async find(user: string, options: VBoxManageOptions = {}): Promise<VBoxManage> {
    const { env: outer = process.env, self = selfName() } = options;
    const { PATH = '' } = outer;
    const found = await Promise.all(TOOLS.map((name) => findExecutable(name, PATH)));
    const file = found.find((each) => each !== undefined);
    if (file === undefined) {
      throw refusal(
        404,
        'VBoxManage/vboxmanage is not on the PATH of the endpoint: install VirtualBox there',
      );
    }
    const env = { PATH, LC_ALL: 'C.UTF-8' };
    if (user === self) return new VBoxManage([file], { ...env, ...ownEnvironment(user, outer) }, options);
    const sudo = await findExecutable('sudo', PATH);
    if (sudo === undefined) {
      throw refusal(
        404,
        `virtualbox/user: sudo, which is needed to run vboxmanage as ${user}, is not on the PATH`,
      );
    }
    return new VBoxManage([sudo, '-n', '-u', user, file], env, options);
  }

  /** All VMs of the user. Throws ModelError. */
  async list(signal: AbortSignal): Promise<VmEntry[]> {
    return parseVmList(await this.run(['list', 'vms'], signal, { timeLimitMs: LIST_LIMIT_MS }));
  }

  /** The VM with this UUID or name; undefined if VirtualBox has no such VM. Throws ModelError. */
  async findVm(vm: string, signal: AbortSignal): Promise<VmInfo | undefined> {
    try {
      return parseVmInfo(await this.run(['showvminfo', vm, '--machinereadable'], signal));
    } catch (error) {
      if (error instanceof VBoxFailure && error.kind === 'unknown VM') return undefined;
      throw error;
    }
  }

  /** Runs `work` with exclusive access to VM `id`, within this process. Throws ModelError. */
  async withVm<T>(id: string, signal: AbortSignal, work: (vm: Vm) => Promise<T>): Promise<T> {
    return this.#queue.alone(`VM ${id}`, signal, () => work(new Vm(this, id, signal)));
  }

  /** Runs `work` with exclusive access to the host's networks, within this process. Throws ModelError. */
  async withNetworks<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#queue.alone('Host-only networks', signal, work);
  }

  /** Runs a command and returns its output. Throws VBoxFailure when it fails, else ModelError. */
  async run(args: readonly string[], signal: AbortSignal, options: CallOptions = {}): Promise<string> {
    const { patient = false } = options;
    const patienceEnds = performance.now() + this.#lockLimitMs;
    for (;;) {
      try {
        return await this.#run(args, signal, options.timeLimitMs ?? CALL_LIMIT_MS);
      } catch (error) {
        const locked = error instanceof VBoxFailure && error.kind === 'locked';
        if (!patient || !locked || performance.now() >= patienceEnds) throw error;
      }
      await this.pause(signal);
    }
  }

  /** Calls `look` until it returns a value, or the time limit for a VM's transition has passed. */
  async waitFor<T>(signal: AbortSignal, look: () => Promise<T | undefined>): Promise<T | undefined> {
    const patienceEnds = performance.now() + this.#lockLimitMs;
    for (;;) {
      const seen = await look();
      if (seen !== undefined || performance.now() >= patienceEnds) return seen;
      await this.pause(signal);
    }
  }

  /** Throws ModelError 503 when the signal is aborted. */
  async pause(signal: AbortSignal): Promise<void> {
    try {
      await delay(this.#pauseMs, undefined, { signal });
    } catch {
      throw cancelled('VirtualBox', signal);
    }
  }

  async #run(args: readonly string[], signal: AbortSignal, timeLimitMs: number): Promise<string> {
    const [file, ...first] = this.#command;
    const name = String(args[0]);
    const end = await this.#queue.task(`vboxmanage ${name}`, signal, () =>
      // A user run by sudo may not be able to access this process's folder.
      this.#child(file, [...first, ...args], { env: this.#env, cwd: '/', timeLimitMs, signal }),
    );
    checkEnd(name, end, timeLimitMs, signal);
    if (end.code !== 0) throw failureOf(name, end.stderr, end.code);
    return end.stdout;
  }
}

/** A VM inside of `VBoxManage.withVm`. Methods throw ModelError. */
export class Vm {
  /** UUID in upper case. */
  readonly id: string;
  readonly vbox: VBoxManage;
  readonly signal: AbortSignal;

  constructor(vbox: VBoxManage, id: string, signal: AbortSignal) {
    this.vbox = vbox;
    this.id = id;
    this.signal = signal;
  }

  /** Runs `vboxmanage COMMAND ID ARGS...`. */
  run(command: string, args: readonly string[] = [], options: CallOptions = {}): Promise<string> {
    return this.vbox.run([command, this.id, ...args], this.signal, options);
  }

  /** The VM's data; undefined when it does not exist. */
  find(): Promise<VmInfo | undefined> {
    return this.vbox.findVm(this.id, this.signal);
  }

  /** The VM's data. Throws ModelError 404 when it does not exist. */
  async info(): Promise<VmInfo> {
    const info = await this.find();
    if (info === undefined)
      throw refusal(404, `virtualbox/id: VirtualBox has no VM ${this.id} for this user`);
    return info;
  }

  /** The VM's data once it is not in transition. Throws ModelError 409 after the time limit. */
  async settled(): Promise<{ info: VmInfo; power: Exclude<Power, 'changing'> }> {
    let last = '';
    const settled = await this.vbox.waitFor(this.signal, async () => {
      const info = await this.info();
      const power = powerOf(info.state);
      last = `VM ${info.name} stays in the state "${info.state}"`;
      return power === 'changing' ? undefined : { info, power };
    });
    if (settled === undefined) throw refusal(409, `${last}: look at it in VirtualBox`);
    return settled;
  }
}

/** Throws unless the child exited by itself. */
function checkEnd(name: string, end: ChildEnd, timeLimitMs: number, signal: AbortSignal): void {
  switch (end.how) {
    case 'exit':
      return;
    case 'abort':
      throw cancelled(`vboxmanage ${name}`, signal);
    case 'time limit':
      throw refusal(504, `vboxmanage ${name} was stopped after ${timeLimitMs / 1000} s without a result`);
    case 'output limit':
      throw refusal(502, `vboxmanage ${name} was stopped because it printed too much`);
    case 'unstartable':
      throw refusal(500, `vboxmanage cannot be started: ${end.error?.message}`, end.error);
  }
}

function selfName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // The user has no entry in the system's list.
    return undefined;
  }
}

/**
 * The minimal environment in which VirtualBox finds the user's VMs: that of this process contains a token of the
 * endpoint's superuser. VirtualBox identifies the user by USER and LOGNAME.
 */
function ownEnvironment(
  user: string,
  outer: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const env: Record<string, string> = { HOME: userInfo().homedir, USER: user, LOGNAME: user };
  for (const name of ['HOME', 'VBOX_USER_HOME', 'XDG_CONFIG_HOME', 'XDG_RUNTIME_DIR', 'TZ']) {
    const value = outer[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}
