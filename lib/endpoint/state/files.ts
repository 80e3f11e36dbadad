import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ModelError, type ModelErrorDetails } from '../../models/index.ts';

/**
 * The place of `path` below `folder`, which it cannot leave by `..`. Throws ModelError 403 when it tries, and 400 for
 * a name that no file can have.
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
 * As `placeBelow`, for a place that is to be written, listed or deleted: links on the way to it do not lead out of `folder`
 * either. A link in the place itself is not followed.
 */
export async function safePlace(folder: string, path: string, details: ModelErrorDetails): Promise<string> {
  const place = placeBelow(folder, path, details);
  if (place === folder || (await leadsBelow(folder, dirname(place)))) return place;
  throw new ModelError(403, 'The path leaves its folder', details);
}

/** Whether what `path` leads to, by whatever links, is `folder` or in it; of what is not there, the folder that would hold it. */
export async function leadsBelow(folder: string, path: string): Promise<boolean> {
  const top = await realpath(folder);
  for (let part = path; ; part = dirname(part)) {
    try {
      const real = await realpath(part);
      return real === top || real.startsWith(top + sep);
    } catch {
      // A link that leads nowhere would be followed by whoever makes something there.
      if (part === dirname(part) || (await lstat(part).catch(() => undefined)) !== undefined) return false;
    }
  }
}

/** As `placeBelow`, for what is there already: links do not lead out of `folder` either. */
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

/** The SHA-256 of a file as hex digits. It is computed again only when size or time of the file have changed. */
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
