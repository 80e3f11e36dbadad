import { execFile } from 'node:child_process';
import { readdir, readlink, rm } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { ModelError, type ModelErrorDetails } from '../../models/index.ts';
import { leadsBelow } from './files.ts';

const LIMIT_MS = 10 * 60_000;
const run = promisify(execFile);

/**
 * Unpacks an archive next to itself: with bsdtar, which knows nearly every format, else with tar. Links in it that lead
 * out of `top`, a folder around it, are taken away again: the next archive would be unpacked through them. Throws
 * ModelError 400 with what the program said, or with the names of those links.
 */
export async function explode(
  archive: string,
  top: string,
  details: ModelErrorDetails,
  signal: AbortSignal,
): Promise<void> {
  const folder = dirname(archive);
  const refusals = await unpack(archive, folder, signal);
  const links = await removeLinksOutOf(top, folder);
  if (refusals.length > 0)
    throw new ModelError(400, ['explode: the archive cannot be unpacked', ...refusals], details);
  if (links.length > 0) {
    const message = `explode: links that lead out of ${details.model} are left out: ${links.join(', ')}`;
    throw new ModelError(400, message, details);
  }
}

/** Why it could not be done; empty when it was. */
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

/** The names of the links that were removed, relative to `folder`. (The recursion of `readdir` follows links.) */
async function removeLinksOutOf(top: string, folder: string, name = ''): Promise<string[]> {
  const removed: string[] = [];
  for (const entry of await readdir(join(folder, name), { withFileTypes: true })) {
    const inner = join(name, entry.name);
    if (entry.isDirectory()) removed.push(...(await removeLinksOutOf(top, folder, inner)));
    if (!entry.isSymbolicLink()) continue;
    const link = join(folder, inner);
    const target = resolve(dirname(link), await readlink(link));
    // Where it would lead if nothing on the way were a link, and where it leads now.
    const below = target === top || target.startsWith(top + sep);
    if (below && (await leadsBelow(top, target))) continue;
    await rm(link);
    removed.push(inner);
  }
  return removed;
}
