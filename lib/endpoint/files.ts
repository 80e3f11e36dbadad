import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ModelError, type ModelErrorDetails } from '../models/index.ts';
import type { Answer } from './exchange.ts';

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
async function existingPlace(folder: string, path: string, details: ModelErrorDetails): Promise<string> {
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
async function fileSum(file: string): Promise<string> {
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

/** A file as an answer: with its checksum, not at all if the client has it already, or the part that was asked for. */
export async function fileAnswer(
  folder: string,
  path: string,
  request: IncomingMessage,
  details: ModelErrorDetails,
): Promise<Answer> {
  const file = await existingPlace(folder, path, details);
  const sum = await fileSum(file);
  const ETag = `"SHA256:${sum}"`;
  const headers = {
    ETag,
    'X-DRP-SHA256SUM': sum,
    'Accept-Ranges': 'bytes',
    'Content-Type': 'application/octet-stream',
  };
  if (request.headers['if-none-match'] === ETag) return { status: 304, headers };
  const { size } = await stat(file);
  const range = readRange(request.headers.range, size);
  if (range === undefined) {
    return { headers: { ...headers, 'Content-Length': `${size}` }, body: createReadStream(file) };
  }
  if (range === 'unsatisfiable') {
    return { status: 416, headers: { ...headers, 'Content-Range': `bytes */${size}` } };
  }
  const { start, end } = range;
  return {
    status: 206,
    headers: {
      ...headers,
      'Content-Range': `bytes ${start}-${end}/${size}`,
      'Content-Length': `${end - start + 1}`,
    },
    body: createReadStream(file, { start, end }),
  };
}

/** One range of bytes. Several at once may be answered with the whole file (RFC 9110), and are. */
function readRange(header: string | undefined, size: number) {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return start > end || start >= size ? 'unsatisfiable' : { start, end };
}
