import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, readlink, rename, rm } from 'node:fs/promises';
import { dirname, join, normalize, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { ModelError, type ModelErrorDetails } from '../../models/index.ts';

const LIMIT_MS = 10 * 60_000;
const run = promisify(execFile);

/**
 * Unpacks an archive into its folder with bsdtar, which knows nearly every format, else with tar. It is unpacked into a
 * temporary folder, and only checked files are moved to their place. Links that lead out of `top`, an enclosing folder,
 * are dropped: a later archive would be unpacked through them. Throws ModelError 400 with the program's message or the
 * names of those links.
 */
export async function explode(
  archive: string,
  top: string,
  details: ModelErrorDetails,
  signal: AbortSignal,
): Promise<void> {
  const folder = dirname(archive);
  const unpacked = join(folder, `.${randomUUID()}.part`);
  await mkdir(unpacked, { mode: 0o700 });
  try {
    const refusals = await unpack(archive, unpacked, signal);
    const links = await removeLinksOutOf(top, unpacked, folder);
    await move(unpacked, folder);
    if (refusals.length > 0)
      throw new ModelError(400, ['explode: the archive cannot be unpacked', ...refusals], details);
    if (links.length > 0) {
      const message = `explode: links that lead out of ${details.model} are left out: ${links.join(', ')}`;
      throw new ModelError(400, message, details);
    }
  } catch (error) {
    if (error instanceof ModelError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new ModelError(400, ['explode: not all of the archive can be put into its place', why], {
      ...details,
      cause: error,
    });
  } finally {
    await removeParts(unpacked);
  }
}

/** Removes a folder, even with names too long for absolute paths. */
export async function removeParts(folder: string): Promise<void> {
  await run('rm', ['-rf', '--', folder], { timeout: LIMIT_MS }).catch(() => {});
}

/** Runs the program. Returns its messages on failure; empty on success. */
async function unpack(archive: string, folder: string, signal: AbortSignal): Promise<string[]> {
  const refusals: string[] = [];
  for (const program of ['bsdtar', 'tar']) {
    try {
      await run(program, ['-xf', archive], { cwd: folder, timeout: LIMIT_MS, signal });
      return [];
    } catch (error) {
      const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
      if (code === 'ENOENT') refusals.push(`${program} is not installed`);
      else refusals.push(`${program}: ${(stderr || message).trim()}`);
      if (code !== 'ENOENT') break;
    }
  }
  return refusals;
}

/**
 * Removes links, and returns their names relative to `unpacked`, which will be moved to `folder`. A link is kept only
 * when its target goes up first and then down, not above `top`: then it cannot leave `top` whatever the other links
 * are.
 */
async function removeLinksOutOf(
  top: string,
  unpacked: string,
  folder: string,
  name = '',
  removed: string[] = [],
): Promise<string[]> {
  for (const entry of await readdir(join(unpacked, name), { withFileTypes: true })) {
    const inner = join(name, entry.name);
    const path = join(unpacked, inner);
    if (entry.isDirectory()) {
      // Archives may contain folders without read permission.
      const { mode } = await lstat(path);
      if ((mode & 0o700) !== 0o700) await chmod(path, (mode & 0o7777) | 0o700);
      await removeLinksOutOf(top, unpacked, folder, inner, removed);
    }
    if (!entry.isSymbolicLink()) continue;
    const text = await readlink(path);
    const target = resolve(dirname(join(folder, inner)), text);
    const isBelow = target === top || target.startsWith(top + sep);
    if (isBelow && normalize(text) === text) continue;
    await rm(path);
    removed.push(inner);
  }
  return removed;
}

/** Moves the content of a folder into another and merges folders. */
async function move(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    const there = await lstat(target).catch(() => undefined);
    if (entry.isDirectory() && there?.isDirectory()) await move(source, target);
    else await rename(source, target);
  }
}
