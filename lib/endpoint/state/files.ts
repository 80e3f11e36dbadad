import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ModelError, type ModelErrorDetails } from '../../models/index.ts';

/**
 * The absolute path of `path` below `folder`. Throws ModelError 403 when it leads out by `..`, and 400 for an invalid
 * file name.
 */
export function placeBelow(folder: string, path: string, details: ModelErrorDetails): string {
  if (path.includes('\0')) throw new ModelError(400, 'Not a file name', details);
  const place = resolve(folder, `./${path}`);
  if (place !== folder && !place.startsWith(folder + sep)) {
    throw new ModelError(403, 'The path leaves its folder', details);
  }
  return place;
}

/**
 * Like `placeBelow`, for a path to write, list or delete: links on the way must not lead out of `folder` either. A link
 * at the path itself is not followed.
 */
export async function safePlace(folder: string, path: string, details: ModelErrorDetails): Promise<string> {
  const place = placeBelow(folder, path, details);
  if (place === folder || (await leadsBelow(folder, dirname(place)))) return place;
  throw new ModelError(403, 'The path leaves its folder', details);
}

/**
 * Whether the target of `path`, through any links, is `folder` or inside it. For a missing target, its existing parent
 * counts.
 */
async function leadsBelow(folder: string, path: string): Promise<boolean> {
  const top = await realpath(folder);
  for (let part = path; ; part = dirname(part)) {
    try {
      const real = await realpath(part);
      return real === top || real.startsWith(top + sep);
    } catch {
      // A dangling link would be followed when a file is created there. What is no link was made meanwhile.
      const there = await lstat(part).catch(() => undefined);
      if (part === dirname(part) || there?.isSymbolicLink() === true) return false;
    }
  }
}

/** Like `placeBelow`, for an existing file: links must not lead out of `folder` either. */
export async function existingPlace(
  folder: string,
  path: string,
  details: ModelErrorDetails,
): Promise<string> {
  const place = placeBelow(folder, path, details);
  const notFound = new ModelError(404, 'Not a regular file', details);
  try {
    const [top, real] = [await realpath(folder), await realpath(place)];
    if (!real.startsWith(top + sep) || !(await stat(real)).isFile()) throw notFound;
    return real;
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw notFound;
  }
}

const sums = new Map<string, { stamp: string; sum: string }>();
const SUMS_KEPT = 1000;

/** The SHA-256 of a file in hex. Cached until its size or modification time changes. */
export async function fileSum(file: string): Promise<string> {
  const { size, mtimeMs } = await stat(file);
  const stamp = `${size} ${mtimeMs}`;
  const known = sums.get(file);
  if (known?.stamp === stamp) return known.sum;
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const sum = hash.digest('hex');
  if (sums.size >= SUMS_KEPT) sums.clear();
  sums.set(file, { stamp, sum });
  return sum;
}
