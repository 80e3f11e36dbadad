import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Machine } from '../api/index.ts';
import { isObject, parseJson } from '../models/index.ts';

/**
 * Keeps the last known machine and the boot time of the computer between runs of the agent. The next run uses them to
 * detect a new boot environment. The format is that of the Go agent: gzipped JSON.
 */
export class StateFile {
  readonly #folder: string;
  readonly #file: string;
  #saved = '';

  constructor(folder: string, machine: string) {
    this.#folder = folder;
    this.#file = join(folder, `${machine}.state`);
  }

  /**
   * The stored machine if the computer has not been restarted since; undefined otherwise and for an unreadable file.
   */
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
    // Removes a file that a killed agent has left, whose mode would be kept.
    await rm(part, { force: true });
    await writeFile(part, await promisify<string, Buffer>(gzip)(state), { flag: 'wx', mode: 0o600 });
    await rename(part, this.#file);
    this.#saved = state;
  }
}

/** Boot time of this computer in seconds since 1970. */
async function bootTime(): Promise<number> {
  const stat = await readFile('/proc/stat', 'utf8').catch(() => '');
  const [, seconds] = /^btime (\d+)$/m.exec(stat) ?? [];
  return seconds === undefined ? Math.round(Date.now() / 1000 - uptime()) : Number(seconds);
}
