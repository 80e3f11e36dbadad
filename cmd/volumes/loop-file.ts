import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type MountedFileSystem, mountTable } from './mount-table.ts';
import { runProgram } from './program.ts';

const IMAGE = 'image.ext4';
const MOUNT = 'mount';
/**
 * The volume is a subfolder of the file system, which has a `lost+found` at its root; programs expect an empty folder.
 */
const CONTENT = 'data';
const DEVICE_END_MS = 1_000;

/** Path of a mounted volume's content. */
export function loopContent(folder: string): string {
  return join(folder, MOUNT, CONTENT);
}

/** Creates a file of `size` bytes in `folder` with a file system in it. The file is sparse. */
export async function makeLoopFile(folder: string, size: number, signal: AbortSignal): Promise<void> {
  const image = join(folder, IMAGE);
  const template = join(folder, 'template');
  await mkdir(join(folder, MOUNT), { mode: 0o700 });
  await mkdir(join(template, CONTENT), { recursive: true, mode: 0o755 });
  const file = await open(image, 'wx', 0o600);
  try {
    await file.truncate(size);
    // No blocks are reserved for root, which programs in containers often run as.
    await runProgram('mkfs.ext4', ['-q', '-m', '0', '-d', template, image], signal);
    await file.sync();
  } finally {
    await file.close();
  }
  await rm(template, { recursive: true });
}

/** Mounts the file unless it is mounted. */
export async function mountLoopFile(folder: string, signal?: AbortSignal): Promise<void> {
  if (await isLoopMounted(folder)) return;
  // Freed space in the file system is returned to the host.
  const options = 'loop,discard';
  await runProgram('mount', ['-t', 'ext4', '-o', options, join(folder, IMAGE), join(folder, MOUNT)], signal);
}

/** Unmounts the file if it is mounted, which also frees its loop device. */
export async function unmountLoopFile(folder: string, signal?: AbortSignal): Promise<void> {
  // Something may be mounted over it.
  while (await isLoopMounted(folder)) await runProgram('umount', [join(folder, MOUNT)], signal);
}

/** `table` is the mount table, if the caller has it. */
export async function isLoopMounted(folder: string, table?: readonly MountedFileSystem[]): Promise<boolean> {
  return (table ?? (await mountTable())).some(({ path }) => path === join(folder, MOUNT));
}

/** Whether the file is mounted anywhere, even if only a container sees it: then it has a loop device. */
export async function hasLoopDevice(folder: string): Promise<boolean> {
  // The kernel removes a device a moment after its last use.
  for (let waited = 0; waited < DEVICE_END_MS; waited += 50) {
    if (!(await loopFiles()).includes(join(folder, IMAGE))) return false;
    await pause(50);
  }
  return true;
}

async function loopFiles(): Promise<string[]> {
  const devices = (await readdir('/sys/block')).filter((name) => name.startsWith('loop'));
  const read = (device: string) => readFile(`/sys/block/${device}/loop/backing_file`, 'utf8').catch(() => '');
  return (await Promise.all(devices.map(read))).map((file) => file.trimEnd());
}
