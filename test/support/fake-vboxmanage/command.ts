import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.ts';
import { hold } from './hold.ts';
import { list, showvminfo } from './info.ts';
import { hostonlyif } from './networks.ts';
import { SyntaxFailure } from './options.ts';
import { controlvm, startvm } from './running.ts';
import { discardstate, getextradata, modifyvm, setextradata } from './settings.ts';
import { closemedium, createmedium, storageattach, storagectl } from './storage.ts';
import { createvm, registervm, unregistervm } from './vms.ts';
import type { Host } from './world.ts';

type Printed = string | { stdout: string; stderr: string };

const COMMANDS: Readonly<
  Record<string, (host: Host, args: readonly string[]) => Printed | Promise<Printed>>
> = {
  closemedium,
  controlvm,
  createmedium,
  createvm,
  discardstate,
  getextradata,
  hostonlyif,
  list,
  modifyvm,
  registervm,
  setextradata,
  showvminfo,
  startvm,
  storageattach,
  storagectl,
  unregistervm,
};

/** What a command prints, and its exit code: 0, 1 for what fails, 2 for what is not understood (source 14). */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs one command of VBoxManage. */
export async function runCommand(host: Host, [command = '', ...args]: readonly string[]): Promise<Ended> {
  appendFileSync(join(host.home, 'calls'), `${JSON.stringify([command, ...args])}\n`);
  const work = COMMANDS[command];
  try {
    if (work === undefined) throw new SyntaxFailure(`Invalid command '${command}'`);
    await hold(host, `${command}-before`);
    const printed = await work(host, args);
    await hold(host, `${command}-after`);
    return { code: 0, ...(typeof printed === 'string' ? { stdout: printed, stderr: '' } : printed) };
  } catch (error) {
    if (error instanceof Failure) return { code: 1, stdout: '', stderr: error.text };
    if (!(error instanceof SyntaxFailure)) throw error;
    return { code: 2, stdout: '', stderr: `Usage:\n\nVBoxManage: error: ${error.message}\n` };
  }
}
