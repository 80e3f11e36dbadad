import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** One line of /proc/self/mountinfo (proc(5)). */
export interface MountedFileSystem {
  /** Where it is mounted. */
  path: string;
  /** `MAJOR:MINOR`. */
  device: string;
  /** What of it is mounted: `/`, or a folder in it. */
  root: string;
  /** `ext4`, `xfs`, ... */
  type: string;
  /** The options of the file system itself. */
  options: readonly string[];
}

/** What is mounted, in the order of mounting. */
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

/** The file system that `path` is on. `path` has no links in it. */
export function fileSystemOf(
  path: string,
  table: readonly MountedFileSystem[],
): MountedFileSystem | undefined {
  return table
    .filter((mounted) => isWithin(path, mounted.path))
    .reduce<MountedFileSystem | undefined>(
      // Of two at the same place the later one covers the other.
      (nearest, mounted) => (mounted.path.length >= (nearest?.path.length ?? 0) ? mounted : nearest),
      undefined,
    );
}

/** What is mounted at `folder` or below it. */
export function mountedWithin(
  folder: string,
  table: readonly MountedFileSystem[],
): readonly MountedFileSystem[] {
  return table.filter((mounted) => isWithin(mounted.path, folder));
}

/** Whether some process has `folder` itself mounted, as containers have their volumes, wherever that is. */
export async function isMountedByAnybody(folder: string): Promise<boolean> {
  const at = fileSystemOf(folder, await mountTable());
  if (at === undefined) return false;
  const root = join(at.root, relative(at.path, folder));
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const tables = await Promise.all(
    // A process may have ended, or be somebody else's.
    processes.map((id) => readFile(`/proc/${id}/mountinfo`, 'utf8').catch(() => '')),
  );
  return [...new Set(tables)].some((text) =>
    readMountTable(text).some((mounted) => mounted.device === at.device && mounted.root === root),
  );
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Blanks, tabs, newlines and backslashes are written in octal. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
