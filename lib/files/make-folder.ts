import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Creates a folder and its parents unless they exist. Throws the file system's error. Unlike mkdir of Node.js with
 * `recursive`, it does not loop on a file system that answers ENOENT to every mkdir, as /proc does.
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(folder) !== folder) {
      await makeFolder(dirname(folder), mode);
      await mkdir(folder, { mode }).catch((second: unknown) => tolerate(second, folder));
    } else await tolerate(error, folder);
  }
}

/** Ignores the error when the folder exists, possibly made by another process at the same time. */
async function tolerate(error: unknown, folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) throw error;
}
