import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** One line of /proc/self/mountinfo (proc(5)). */
export interface MountedFileSystem {
  /** Mount point. */
  path: string;
  /** `MAJOR:MINOR`. */
  device: string;
  /** The mounted part of the file system: `/`, or a folder in it. */
  root: string;
  /** `ext4`, `xfs`, ... */
  type: string;
  /** Options of the file system (not of the mount). */
  options: readonly string[];
}

/** The mount table, in the order of mounting. */
export async function mountTable(): Promise<MountedFileSystem[]> {
  return readMountTable(await readFile('/proc/self/mountinfo', 'utf8'));
}

export function readMountTable(text: string): MountedFileSystem[] {
  return text.split('\n').flatMap((line) => {
    // Optional fields end with a dash.
    const [before = '', after = ''] = line.split(' - ', 2);
    const [, , device, root, path] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (device === undefined || root === undefined || path === undefined || type === undefined) return [];
    return [{ path: unescaped(path), device, root: unescaped(root), type, options: options.split(',') }];
  });
}

/** The file system of `path`, which must not contain links. */
export function fileSystemOf(
  path: string,
  table: readonly MountedFileSystem[],
): MountedFileSystem | undefined {
  return table
    .filter((mounted) => isWithin(path, mounted.path))
    .reduce<MountedFileSystem | undefined>(
      // A later mount covers an earlier one at the same place.
      (nearest, mounted) => (mounted.path.length >= (nearest?.path.length ?? 0) ? mounted : nearest),
      undefined,
    );
}

/** Mounts at `folder` or below. */
export function mountedWithin(
  folder: string,
  table: readonly MountedFileSystem[],
): readonly MountedFileSystem[] {
  return table.filter((mounted) => isWithin(mounted.path, folder));
}

/** Whether any process has `folder` mounted, anywhere, as containers have their volumes. */
export async function isMountedByAnybody(folder: string): Promise<boolean> {
  const at = fileSystemOf(folder, await mountTable());
  if (at === undefined) return false;
  const root = join(at.root, relative(at.path, folder));
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const tables = await Promise.all(
    // A process may have ended or belong to another user.
    processes.map((id) => readFile(`/proc/${id}/mountinfo`, 'utf8').catch(() => '')),
  );
  return [...new Set(tables)].some((text) =>
    readMountTable(text).some((mounted) => mounted.device === at.device && mounted.root === root),
  );
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Decodes blanks, tabs, newlines and backslashes, which are written in octal. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
