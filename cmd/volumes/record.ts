import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../lib/files/index.ts';
import { isObject, ModelError } from '../../lib/models/index.ts';

/** How the size of a volume is limited: not at all, by a project quota, or by a file system in a file. */
export type Limit =
  | { by: 'none' }
  | { by: 'project'; size: number; project: number }
  | { by: 'loop'; size: number };

/** The constant data of a volume: `volume.json` in its folder. */
export interface VolumeRecord {
  /** RFC 3339. */
  createdAt: string;
  limit: Limit;
}

/** How often each caller has mounted a volume, by ID: `mounts.json`. Absent means 0. */
export type Mounts = ReadonlyMap<string, number>;

const RECORD = 'volume.json';
const MOUNTS = 'mounts.json';

export async function writeRecord(folder: string, record: VolumeRecord): Promise<void> {
  await writeDurably(join(folder, RECORD), JSON.stringify(record));
}

/** Throws ModelError 500 for an invalid file. */
export async function readRecord(folder: string): Promise<VolumeRecord> {
  const value = await readJson(join(folder, RECORD));
  if (isObject(value) && typeof value.createdAt === 'string' && isLimit(value.limit))
    return { createdAt: value.createdAt, limit: value.limit };
  throw new ModelError(500, `${join(folder, RECORD)}: expected createdAt and limit`);
}

/** `boot` identifies the boot of the machine: mounts do not survive it. */
export async function writeMounts(folder: string, boot: string, mounts: Mounts): Promise<void> {
  await writeDurably(join(folder, MOUNTS), JSON.stringify({ boot, mounts: Object.fromEntries(mounts) }));
}

/** The mounts of this boot. Throws ModelError 500. */
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

/** Undefined when the file does not exist. */
async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new ModelError(500, `${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
