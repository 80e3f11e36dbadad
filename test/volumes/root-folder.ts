import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mountedWithin, readMountTable } from '../../cmd/volumes/mount-table.ts';

const run = promisify(execFile);

/** Why volumes of a size cannot be had here; undefined when they can. Says which call fails. */
export async function missingLoopFiles(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'not root: mount(2) would be refused';
  const folder = await mkdtemp(join(tmpdir(), 'loop-'));
  const [image, mount] = [join(folder, 'image'), join(folder, 'mount')];
  try {
    await run('mkdir', [mount]);
    await run('truncate', ['-s', '8M', image]);
    await run('mkfs.ext4', ['-q', image]);
    await run('mount', ['-o', 'loop', image, mount]);
    await run('umount', [mount]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is mounted below a folder. */
export async function mountsWithin(folder: string): Promise<string[]> {
  const table = readMountTable(await readFile('/proc/self/mountinfo', 'utf8'));
  return mountedWithin(folder, table).map(({ path }) => path);
}

/** A root for volumes; nothing is mounted there after the test. */
export async function rootFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'volumes-'));
  return {
    path,
    async [Symbol.asyncDispose]() {
      for (const mounted of (await mountsWithin(path)).reverse()) await run('umount', ['-l', mounted]);
      await rm(path, { recursive: true, force: true });
    },
  };
}
