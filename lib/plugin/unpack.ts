import { lstat, mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { ModelError } from '../models/index.ts';
import type { Plugin } from './define.ts';

/** Runs a plugin's `unpack` in `directory`, which is made first (mode 0755). Without an `unpack`, nothing is created. */
export async function unpack(plugin: Plugin, directory: string): Promise<void> {
  const handler = plugin.declaration.unpack;
  if (handler === undefined) return;
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const root = await realpath(directory);
  await handler({ directory: root, write: (path, contents) => writeBelow(root, path, contents) });
}

/**
 * Writes a file below `root`, over what may be there. A path or a link that leads out of `root` is refused;
 * a link in the place of the file itself is replaced, never followed.
 */
export async function writeBelow(root: string, path: string, contents: string | Uint8Array): Promise<void> {
  const target = resolve(root, path);
  if (!target.startsWith(root + sep)) {
    throw new ModelError(400, `unpack: expected a path below the folder, found ${path}`, { type: 'plugin' });
  }
  let folder = root;
  for (const part of dirname(target).slice(root.length).split(sep).filter(Boolean)) {
    folder = join(folder, part);
    await mkdir(folder, { recursive: true, mode: 0o755 });
    if (!(await lstat(folder)).isDirectory()) {
      throw new ModelError(400, `unpack: ${path}: ${part} is a link or a file, not a folder`, {
        type: 'plugin',
      });
    }
  }
  const unfinished = `${target}.unpacking-${process.pid}`;
  try {
    await rm(unfinished, { force: true });
    await writeFile(unfinished, contents, { mode: 0o644, flag: 'wx' });
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
