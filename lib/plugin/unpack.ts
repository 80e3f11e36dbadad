import { lstat, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { makeFolder } from '../files/index.ts';
import { ModelError } from '../models/index.ts';
import type { Plugin } from './define.ts';

/** Separates the name of an unfinished file from the id of the process that writes it. */
const UNFINISHED = '.unpacking-';

/** Runs a plugin's `unpack` in `directory`, which is created first (mode 0755). Does nothing without an `unpack`. */
export async function unpack(plugin: Plugin, directory: string): Promise<void> {
  const handler = plugin.declaration.unpack;
  if (handler === undefined) return;
  await makeFolder(directory, 0o755);
  const root = await realpath(directory);
  await handler({ directory: root, write: (path, contents) => writeBelow(root, path, contents) });
}

/**
 * Writes a file below `root`, replacing an existing one. Refuses a path or link that leads out of `root`; a link in
 * place of the file itself is replaced, not followed. The file appears under its name when it is complete and on disk.
 * Unfinished files of killed processes are removed.
 */
export async function writeBelow(root: string, path: string, contents: string | Uint8Array): Promise<void> {
  const target = resolve(root, path);
  if (!target.startsWith(root + sep)) {
    throw new ModelError(400, `unpack: expected a path below the folder, found ${path}`, { type: 'plugin' });
  }
  let folder = root;
  for (const part of dirname(target).slice(root.length).split(sep).filter(Boolean)) {
    folder = join(folder, part);
    await makeFolder(folder, 0o755);
    if (!(await lstat(folder)).isDirectory()) {
      throw new ModelError(400, `unpack: ${path}: ${part} is a link or a file, not a folder`, {
        type: 'plugin',
      });
    }
  }
  await removeLeftovers(target);
  const unfinished = `${target}${UNFINISHED}${process.pid}`;
  try {
    await writeFile(unfinished, contents, { mode: 0o644, flag: 'wx', flush: true });
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw new Error(`unpack: ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Removes unfinished files of killed processes. */
async function removeLeftovers(target: string): Promise<void> {
  const start = `${basename(target)}${UNFINISHED}`;
  for (const name of await readdir(dirname(target))) {
    const pid = name.startsWith(start) ? name.slice(start.length) : '';
    if (/^\d+$/.test(pid) && !isOther(Number(pid))) await rm(join(dirname(target), name), { force: true });
  }
}

/** Whether another process with this id is running. */
function isOther(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
