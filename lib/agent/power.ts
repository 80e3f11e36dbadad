import { readFile } from 'node:fs/promises';
import { ModelError } from '../models/index.ts';
import { findExecutable, runChild } from '../process/index.ts';
import type { Kernel } from './kexec.ts';
import { isThere } from './runner-folder.ts';

/** What an agent can do to the machine that it runs on. Each method throws when it cannot be done. */
export interface Power {
  reboot(): Promise<void>;
  poweroff(): Promise<void>;
  /** Whether a kernel is loaded that `kexec` would run. */
  isKernelLoaded(): Promise<boolean>;
  loadKernel(kernel: Kernel): Promise<void>;
  /** Runs the loaded kernel in place of this one. */
  kexec(): Promise<void>;
}

/** How long a command may take before it is taken for hung. */
const COMMAND_MS = 120_000;

/**
 * The commands of this machine's operating system. They end everything that runs here: use it where the machine is the agent's
 * own, and never in a test.
 */
export class SystemPower implements Power {
  async reboot(): Promise<void> {
    await run('reboot');
  }

  async poweroff(): Promise<void> {
    await run('poweroff');
  }

  async isKernelLoaded(): Promise<boolean> {
    const text = await readFile('/sys/kernel/kexec_loaded', 'utf8').catch(() => '');
    return text.startsWith('1');
  }

  async loadKernel({ kernel, initrd, commandLine }: Kernel): Promise<void> {
    const initrds = initrd === undefined ? [] : [`--initrd=${initrd}`];
    await run('kexec', '-l', kernel, ...initrds, `--command-line=${commandLine}`);
  }

  async kexec(): Promise<void> {
    if (await isThere('/run/systemd/system')) await run('systemctl', 'kexec');
    else await run('kexec', '-e');
  }
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const { PATH = '' } = process.env;
  const file = await findExecutable(program, [PATH, '/usr/sbin', '/sbin', '/usr/bin', '/bin'].join(':'));
  if (file === undefined)
    throw new ModelError(500, `${program}: this machine has no such program`, { type: 'AGENT' });
  const never = new AbortController().signal;
  const { how, code, stderr } = await runChild(file, args, {
    env: { PATH },
    timeLimitMs: COMMAND_MS,
    signal: never,
  });
  if (how === 'exit' && code === 0) return;
  throw new ModelError(
    500,
    `${program} failed (${how === 'exit' ? `code ${code}` : how}): ${stderr.trim()}`,
    { type: 'AGENT' },
  );
}
