import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Machine } from '../api/index.ts';
import { isObject, parseJson } from '../models/index.ts';

/**
 * What an agent keeps between its runs: the machine as it saw it last, and since when the computer runs. From these the next
 * one tells whether the machine has got another boot environment meanwhile. The format is that of the Go agent: JSON, gzip.
 */
export class StateFile {
  readonly #folder: string;
  readonly #file: string;
  #saved = '';

  constructor(folder: string, machine: string) {
    this.#folder = folder;
    this.#file = join(folder, `${machine}.state`);
  }

  /** The machine as it was, if that was since the computer has been started; undefined also when the file cannot be read. */
  async load(): Promise<Pick<Machine, 'Uuid' | 'BootEnv'> | undefined> {
    try {
      const bytes = await promisify<Uint8Array, Buffer>(gunzip)(await readFile(this.#file));
      const state = parseJson(bytes.toString());
      if (!isObject(state) || !isObject(state.Machine) || state.BootTime !== (await bootTime()))
        return undefined;
      const { Uuid, BootEnv } = state.Machine;
      return typeof Uuid === 'string' && typeof BootEnv === 'string' ? { Uuid, BootEnv } : undefined;
    } catch {
      return undefined;
    }
  }

  /** Throws when it cannot be written. */
  async save(machine: Machine): Promise<void> {
    // Params are left out: some are secret, and none is needed.
    const state = JSON.stringify({ BootTime: await bootTime(), Machine: { ...machine, Params: {} } });
    if (state === this.#saved) return;
    await mkdir(this.#folder, { recursive: true });
    const part = `${this.#file}.part`;
    await writeFile(part, await promisify<string, Buffer>(gzip)(state), { mode: 0o600 });
    await rename(part, this.#file);
    this.#saved = state;
  }
}

/** When this computer was started, in seconds since 1970. */
async function bootTime(): Promise<number> {
  const stat = await readFile('/proc/stat', 'utf8').catch(() => '');
  const [, seconds] = /^btime (\d+)$/m.exec(stat) ?? [];
  return seconds === undefined ? Math.round(Date.now() / 1000 - uptime()) : Number(seconds);
}
