import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Client, type Machine, openWebFile } from '../api/index.ts';
import { ModelError, withoutLogins } from '../models/index.ts';

/** A kernel to run in place of the running one. */
export interface Kernel {
  /** Local files. */
  kernel: string;
  initrd?: string;
  commandLine: string;
}

/**
 * Downloads the kernel that the machine boots next into `folder`. Undefined when kexec is not to be used: param
 * `kexec-ok` is not true. The static file `machines/UUID/kexec` describes it in lines of `kernel URL`, `initrd URL`,
 * `params COMMAND LINE`. Throws ModelError when a line is missing.
 */
export async function fetchKernel(
  client: Client,
  machine: Machine,
  folder: string,
  signal: AbortSignal,
): Promise<Kernel | undefined> {
  const ok = await client.params('machines', machine.Uuid).get('kexec-ok', { aggregate: true, signal });
  if (ok !== true || process.platform !== 'linux') return undefined;
  const lines = (await text(await client.file(['machines', machine.Uuid, 'kexec'], { signal }))).split('\n');
  const values = (name: string) =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1).trim());
  const [[kernelUrl], [initrdUrl, ...others], [params = '']] = ['kernel', 'initrd', 'params'].map(values) as [
    string[],
    string[],
    string[],
  ];
  if (kernelUrl === undefined) throw problem(machine, 'no kernel is named');
  if (others.length > 0) throw problem(machine, 'there is more than one initrd');
  const [kernel, initrd] = await Promise.all(
    [kernelUrl, initrdUrl].map((url) => (url === undefined ? undefined : fetchFile(url, folder, signal))),
  );
  if (kernel === undefined) throw problem(machine, 'no kernel is named');
  return { kernel, initrd, commandLine: `${params} BOOTIF=${await bootInterface(machine)}` };
}

async function fetchFile(url: string, folder: string, signal: AbortSignal): Promise<string> {
  try {
    const { body } = await openWebFile(url, signal);
    const file = join(folder, basename(new URL(url).pathname));
    await pipeline(body, createWriteStream(file), { signal });
    return file;
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : error;
    throw new ModelError(502, withoutLogins(`GET ${url}: ${reason}`), { type: 'AGENT' });
  }
}

/** The network interface to boot from: that of this kernel's boot, or else the one that the endpoint knows. */
async function bootInterface(machine: Machine): Promise<string> {
  const commandLine = await readFile('/proc/cmdline', 'utf8').catch(() => '');
  const [, own] = /(?:^|\s)BOOTIF=(\S+)/.exec(commandLine) ?? [];
  const known = machine.Params?.['last-boot-macaddr'];
  if (own !== undefined) return own;
  if (typeof known === 'string') return known;
  throw problem(machine, 'the network interface that it boots from is not known');
}

function problem({ Uuid, Name }: Machine, what: string): ModelError {
  const message = `${Name} cannot be booted by kexec: ${what}`;
  return new ModelError(422, message, { type: 'AGENT', model: 'machines', key: Uuid });
}
