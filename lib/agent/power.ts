import { readFile } from 'node:fs/promises';
import { ModelError } from '../models/index.ts';
import { findExecutable, runChild } from '../process/index.ts';
import type { Kernel } from './kexec.ts';
import { isThere } from './runner-folder.ts';

/** Power commands for the agent's own machine. Each method throws when it fails. */
export interface Power {
  reboot(): Promise<void>;
  poweroff(): Promise<void>;
  /** Whether a kernel is loaded for `kexec`. */
  isKernelLoaded(): Promise<boolean>;
  loadKernel(kernel: Kernel): Promise<void>;
  /** Runs the loaded kernel in place of this one. */
  kexec(): Promise<void>;
}

/** Time limit for a command in ms. */
const COMMAND_MS = 120_000;

/**
 * Runs the commands of the operating system. They end everything on this machine: use it only where the machine belongs
 * to the agent, never in tests.
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
