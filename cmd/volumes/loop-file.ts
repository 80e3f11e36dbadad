import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mountTable } from './mount-table.ts';
import { runProgram } from './program.ts';

const IMAGE = 'image.ext4';
const MOUNT = 'mount';
/** The volume is a folder in the file system, because that has a `lost+found`, and programs ask for an empty folder. */
const CONTENT = 'data';

/** Where the content of a volume is while it is mounted. */
export function loopContent(folder: string): string {
  return join(folder, MOUNT, CONTENT);
}

/** Makes a file of `size` bytes in `folder` with a file system in it. It takes room when it is written to. */
export async function makeLoopFile(folder: string, size: number, signal: AbortSignal): Promise<void> {
  const image = join(folder, IMAGE);
  const template = join(folder, 'template');
  await mkdir(join(folder, MOUNT), { mode: 0o700 });
  await mkdir(join(template, CONTENT), { recursive: true, mode: 0o755 });
  const file = await open(image, 'wx', 0o600);
  try {
    await file.truncate(size);
    // Nothing is kept for root: the programs of containers are often root.
    await runProgram('mkfs.ext4', ['-q', '-m', '0', '-d', template, image], signal);
    await file.sync();
  } finally {
    await file.close();
  }
  await rm(template, { recursive: true });
}

/** Mounts the file, unless it is. */
export async function mountLoopFile(folder: string, signal?: AbortSignal): Promise<void> {
  if (await isLoopMounted(folder)) return;
  // Room that files in it give back is given back by the file.
  const options = 'loop,discard';
  await runProgram('mount', ['-t', 'ext4', '-o', options, join(folder, IMAGE), join(folder, MOUNT)], signal);
}

/** Unmounts the file, if it is mounted. Its loop device goes with that. */
export async function unmountLoopFile(folder: string, signal?: AbortSignal): Promise<void> {
  // Somebody may have mounted something over it.
  while (await isLoopMounted(folder)) await runProgram('umount', [join(folder, MOUNT)], signal);
}

export async function isLoopMounted(folder: string): Promise<boolean> {
  const table = await mountTable();
  return table.some(({ path }) => path === join(folder, MOUNT));
}
