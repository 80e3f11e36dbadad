import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those around it, unless it is there. Throws the file system's error. Unlike mkdir of Node.js with
 * `recursive`, it ends where a file system has no place for folders and says ENOENT, as /proc does.
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

/** A folder that is there, also one that somebody else has just made, is as good as made. */
async function tolerate(error: unknown, folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) throw error;
}
