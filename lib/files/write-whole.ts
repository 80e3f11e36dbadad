import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file by way of a temporary one, so that readers see all of it or nothing. Throws the file system's error.
 */
export async function writeWhole(file: string, text: string, mode = 0o666): Promise<void> {
  await replace(file, (temporary) => writeFile(temporary, text, { flag: 'wx', mode }));
}

/** Like `writeWhole`, but the file is on disk when it returns, and its mode is 0600. */
export async function writeDurably(file: string, text: string): Promise<void> {
  await replace(file, (temporary) => writeFile(temporary, text, { flag: 'wx', flush: true, mode: 0o600 }));
  await syncFolder(dirname(file));
}

/** Waits until changes of names in a folder are on disk. Throws the file system's error. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function replace(file: string, write: (temporary: string) => Promise<void>): Promise<void> {
  // `wx` refuses an existing name. Loading node:crypto would take longer than writing a small file.
  const temporary = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`;
  try {
    await write(temporary);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Writes `text` to `file` unless the file has that content. Returns whether it wrote. */
export async function writeWhenChanged(file: string, text: string): Promise<boolean> {
  const old = await readFile(file, 'utf8').catch(() => undefined);
  if (old === text) return false;
  await writeWhole(file, text);
  return true;
}
