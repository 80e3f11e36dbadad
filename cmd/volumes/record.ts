import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../lib/files/index.ts';
import { isObject, ModelError } from '../../lib/models/index.ts';

/** How the size of a volume is limited: not at all, by the file system, or by one of its own in a file. */
export type Limit =
  | { by: 'none' }
  | { by: 'project'; size: number; project: number }
  | { by: 'loop'; size: number };

/** What stays the same of a volume: `volume.json` in its folder. */
export interface VolumeRecord {
  /** RFC 3339. */
  createdAt: string;
  limit: Limit;
}

/** How often each caller has mounted a volume, by the ID that it gave: `mounts.json`. No entry is 0. */
export type Mounts = ReadonlyMap<string, number>;

const RECORD = 'volume.json';
const MOUNTS = 'mounts.json';

export async function writeRecord(folder: string, record: VolumeRecord): Promise<void> {
  await writeDurably(join(folder, RECORD), JSON.stringify(record));
}

/** Throws ModelError 500 when it is not what was written. */
export async function readRecord(folder: string): Promise<VolumeRecord> {
  const value = await readJson(join(folder, RECORD));
  if (isObject(value) && typeof value.createdAt === 'string' && isLimit(value.limit))
    return { createdAt: value.createdAt, limit: value.limit };
  throw new ModelError(500, `${join(folder, RECORD)}: expected createdAt and limit`);
}

/** `boot` is the start of the machine that the mounts belong to: they end with it. */
export async function writeMounts(folder: string, boot: string, mounts: Mounts): Promise<void> {
  await writeDurably(join(folder, MOUNTS), JSON.stringify({ boot, mounts: Object.fromEntries(mounts) }));
}

/** Those of this start of the machine. Throws ModelError 500. */
export async function readMounts(folder: string, boot: string): Promise<Mounts> {
  const value = (await readJson(join(folder, MOUNTS))) ?? { boot, mounts: {} };
  if (!isObject(value) || !isObject(value.mounts))
    throw new ModelError(500, `${join(folder, MOUNTS)}: expected boot and mounts`);
  if (value.boot !== boot) return new Map();
  return new Map(
    Object.entries(value.mounts).filter((entry): entry is [string, number] => Number.isInteger(entry[1])),
  );
}

function isLimit(value: unknown): value is Limit {
  if (!isObject(value)) return false;
  const { by, size, project } = value;
  return (
    by === 'none' ||
    (by === 'loop' && Number.isSafeInteger(size)) ||
    (by === 'project' && Number.isSafeInteger(size) && Number.isSafeInteger(project))
  );
}

/** Undefined when there is no such file. */
async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new ModelError(500, `${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
