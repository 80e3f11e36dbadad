import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a file so that others see it in full or not at all. Throws the file system's error. */
export async function writeWhole(file: string, text: string, mode = 0o666): Promise<void> {
  await replace(file, (temporary) => writeFile(temporary, text, { flag: 'wx', mode }));
}

/** As `writeWhole`, but it is on the disk when it returns, and only its owner may read it. */
export async function writeDurably(file: string, text: string): Promise<void> {
  await replace(file, (temporary) => writeFile(temporary, text, { flag: 'wx', flush: true, mode: 0o600 }));
  await syncFolder(dirname(file));
}

/** Waits until names that were made, changed or removed in a folder are on the disk. Throws the file system's error. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function replace(file: string, write: (temporary: string) => Promise<void>): Promise<void> {
  // `wx` refuses a name that is taken. node:crypto would take longer to load than a small file to write.
  const temporary = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`;
  try {
    await write(temporary);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Writes `text` to `file` unless it is there already. Returns whether it wrote. */
export async function writeWhenChanged(file: string, text: string): Promise<boolean> {
  const old = await readFile(file, 'utf8').catch(() => undefined);
  if (old === text) return false;
  await writeWhole(file, text);
  return true;
}
