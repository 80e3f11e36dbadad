import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Options, RequestContext, Volume, VolumeDriver } from '../../lib/docker/index.ts';
import { makeFolder, syncFolder } from '../../lib/files/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { KeyedQueue } from '../../lib/process/index.ts';
import { claimFolder } from './claim.ts';
import {
  hasLoopDevice,
  isLoopMounted,
  loopContent,
  makeLoopFile,
  mountLoopFile,
  unmountLoopFile,
} from './loop-file.ts';
import { isMountedByAnybody, type MountedFileSystem, mountedWithin, mountTable } from './mount-table.ts';
import { optionsOf } from './options.ts';
import { FIRST_PROJECT, forgetProject, limitFolder, missingQuotas } from './project-quota.ts';
import {
  type Limit,
  type Mounts,
  readMounts,
  readRecord,
  type VolumeRecord,
  writeMounts,
  writeRecord,
} from './record.ts';

/** Docker's rule for names. They begin with a letter or digit, so none collides with the folders below. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/;
/** Volumes are created in this folder and renamed when complete. */
const NEW = '.new';
/** Removed volumes are moved to this folder and deleted later. */
const REMOVED = '.removed';
/** Errors of rename when the target exists. */
const TAKEN = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR']);

interface KnownVolume extends VolumeRecord {
  mounts: Mounts;
  /**
   * IDs whose mounts are from before a restart of Docker or of this process. Docker does not unmount for containers
   * that died then, and mounts again with the same ID when one starts again or an answer was lost.
   */
  unsure: Set<string>;
}

/** Called with errors that no request reports. */
type OnError = (error: unknown) => void;

/**
 * A volume driver that stores each volume in a folder below a root. Everything that it has acknowledged is on disk, so
 * it can be killed at any time and continues afterwards.
 */
export class Volumes implements VolumeDriver {
  readonly #root: string;
  readonly #boot: string;
  readonly #onError: OnError;
  readonly #release: () => void;
  /** Why volumes with a size are loop files; undefined when project quotas are used. */
  readonly quotasMissing: string | undefined;
  readonly #volumes = new Map<string, KnownVolume>();
  #nextProject = FIRST_PROJECT;
  readonly #queue = new KeyedQueue({
    atOnce: 8,
    waitLimitMs: 50_000,
    cancelled: (name) => new ModelError(503, 'cancelled', about(name)),
    late: (name, ms) =>
      new ModelError(504, `another request for it takes more than ${ms / 1000} s`, about(name)),
  });

  private constructor(
    root: string,
    boot: string,
    quotasMissing: string | undefined,
    onError: OnError,
    release: () => void,
  ) {
    this.#root = root;
    this.#release = release;
    this.#boot = boot;
    this.quotasMissing = quotasMissing;
    this.#onError = onError;
  }

  /**
   * Opens the volumes below `root`, which is created if necessary. Finishes operations of an earlier process. An
   * unreadable volume is reported to `onError` and left unchanged. Throws ModelError 409 when another process uses the
   * root, and the file system's error for an unusable one.
   */
  static async open(root: string, onError: OnError = () => {}): Promise<Volumes> {
    await makeFolder(root, 0o700);
    const real = await realpath(root);
    const release = await claimFolder(real);
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const volumes = new Volumes(real, boot, await missingQuotas(real), onError, release);
    await volumes.#goOn();
    return volumes;
  }

  /** Unlocks the root for another process. Volumes stay mounted for running containers. */
  close(): void {
    this.#release();
  }

  /** Must be called when Docker starts to use the driver, possibly after a crash. */
  dockerStarted(): void {
    for (const volume of this.#volumes.values()) volume.unsure = new Set(volume.mounts.keys());
  }

  async create({ Name, Opts }: { Name: string; Opts: Options }, { signal }: RequestContext): Promise<void> {
    const { size } = optionsOf(Opts);
    await this.#alone(Name, signal, async () => {
      const known = this.#volumes.get(Name);
      if (known === undefined) return this.#make(Name, size, signal);
      // Docker repeats the request when an answer was lost.
      if (sizeOf(known.limit) !== size)
        throw new ModelError(409, 'there is one with other options', about(Name));
    });
  }

  async remove({ Name }: { Name: string }, { signal }: RequestContext): Promise<void> {
    await this.#alone(Name, signal, async () => {
      const { limit, mounts, unsure } = this.#known(Name);
      const folder = this.#folder(Name);
      const sure = [...mounts.keys()].filter((id) => !unsure.has(id));
      if (sure.length > 0) throw new ModelError(409, `it is mounted by ${sure.join(', ')}`, about(Name));
      if (limit.by === 'loop') await unmountLoopFile(folder, signal);
      const isUsed =
        limit.by === 'loop'
          ? await hasLoopDevice(folder)
          : await isMountedByAnybody(this.#content(Name, limit));
      if (isUsed)
        throw new ModelError(409, 'it is mounted by a container, or in another mount namespace', about(Name));
      // Deleting the folder would delete the content of other mounts inside.
      const inside = mountedWithin(folder, await mountTable()).map(({ path }) => path);
      if (inside.length > 0)
        throw new ModelError(409, `something is mounted at ${inside.join(', ')}`, about(Name));
      const grave = join(this.#root, REMOVED, randomUUID());
      await rename(folder, grave);
      await syncFolder(this.#root);
      this.#volumes.delete(Name);
      // In the background: Docker waits a minute, and large volumes take longer.
      void this.#bury(grave, limit).catch(this.#onError);
    });
  }

  async mount(
    { Name, ID }: { Name: string; ID: string },
    { signal }: RequestContext,
  ): Promise<{ Mountpoint: string }> {
    if (ID === '') throw new ModelError(400, 'ID: expected the ID of who mounts', about(Name));
    return this.#alone(Name, signal, async () => {
      const volume = this.#known(Name);
      if (volume.limit.by === 'loop') await mountLoopFile(this.#folder(Name), signal);
      signal.throwIfAborted();
      const before = volume.unsure.has(ID) ? 0 : (volume.mounts.get(ID) ?? 0);
      await this.#setMounts(Name, new Map([...volume.mounts, [ID, before + 1]]));
      volume.unsure.delete(ID);
      return { Mountpoint: this.#content(Name, volume.limit) };
    });
  }

  /** An unknown mount was unmounted before, or ended with the machine: nothing to do. */
  async unmount({ Name, ID }: { Name: string; ID: string }, { signal }: RequestContext): Promise<void> {
    await this.#alone(Name, signal, async () => {
      const volume = this.#known(Name);
      const rest = (volume.mounts.get(ID) ?? 0) - 1;
      const mounts = new Map(volume.mounts);
      if (rest > 0) mounts.set(ID, rest);
      else mounts.delete(ID);
      if (rest >= 0) await this.#setMounts(Name, mounts);
      if (mounts.size === 0 && volume.limit.by === 'loop') await unmountLoopFile(this.#folder(Name), signal);
    });
  }

  async path({ Name }: { Name: string }): Promise<{ Mountpoint: string }> {
    return { Mountpoint: (await this.#seen(Name)).Mountpoint ?? '' };
  }

  async get({ Name }: { Name: string }): Promise<{ Volume: Volume }> {
    return { Volume: await this.#seen(Name) };
  }

  async list(): Promise<{ Volumes: Volume[] }> {
    const names = [...this.#volumes.keys()].sort();
    const table = await mountTable();
    return { Volumes: await Promise.all(names.map((name) => this.#seen(name, table))) };
  }

  async #make(name: string, size: number | undefined, signal: AbortSignal): Promise<void> {
    const draft = join(this.#root, NEW, randomUUID());
    const limit = this.#limitFor(size);
    const record = { createdAt: new Date().toISOString(), limit };
    try {
      await mkdir(draft, { mode: 0o700 });
      if (limit.by === 'loop') await makeLoopFile(draft, limit.size, signal);
      else await mkdir(join(draft, 'data'), { mode: 0o755 });
      if (limit.by === 'project') await limitFolder(join(draft, 'data'), limit.project, limit.size, signal);
      await writeRecord(draft, record);
      await rename(draft, this.#folder(name)).catch((cause: NodeJS.ErrnoException) => {
        if (!TAKEN.has(cause.code ?? '')) throw cause;
        // An unreadable volume, or a folder of someone else.
        throw new ModelError(409, 'a folder of that name is there', { ...about(name), cause });
      });
    } catch (error) {
      await this.#bury(draft, limit).catch(this.#onError);
      throw error;
    }
    await syncFolder(this.#root);
    this.#volumes.set(name, { ...record, mounts: new Map(), unsure: new Set() });
  }

  #limitFor(size: number | undefined): Limit {
    if (size === undefined) return { by: 'none' };
    if (this.quotasMissing !== undefined) return { by: 'loop', size };
    const used = [...this.#volumes.values()].map(({ limit }) => (limit.by === 'project' ? limit.project : 0));
    // Volumes can be created concurrently, and their project numbers are not visible yet.
    this.#nextProject = Math.max(this.#nextProject, ...used.map((project) => project + 1));
    return { by: 'project', size, project: this.#nextProject++ };
  }

  async #setMounts(name: string, mounts: Mounts): Promise<void> {
    await writeMounts(this.#folder(name), this.#boot, mounts);
    this.#known(name).mounts = mounts;
  }

  async #seen(name: string, table?: readonly MountedFileSystem[]): Promise<Volume> {
    const { createdAt, limit, mounts } = this.#known(name);
    const isThere = limit.by !== 'loop' || (await isLoopMounted(this.#folder(name), table));
    const path = this.#content(name, limit);
    const used = limit.by !== 'none' && isThere ? await usedIn(path) : {};
    return {
      Name: name,
      CreatedAt: createdAt,
      ...(isThere ? { Mountpoint: path } : {}),
      Status: {
        limit: WORDS[limit.by],
        mounts: sum(mounts),
        ...(limit.by === 'none' ? {} : { size: limit.size }),
        ...used,
      },
    };
  }

  /** Throws ModelError: 400 for a name with a path, 404 when there is no such volume. */
  #known(name: string): KnownVolume {
    checkName(name);
    const volume = this.#volumes.get(name);
    if (volume === undefined) throw new ModelError(404, 'there is no such volume', about(name));
    return volume;
  }

  #folder(name: string): string {
    return join(this.#root, name);
  }

  #content(name: string, { by }: Limit): string {
    return by === 'loop' ? loopContent(this.#folder(name)) : join(this.#folder(name), 'data');
  }

  async #alone<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    checkName(name);
    try {
      return await this.#queue.alone(name, signal, () => this.#queue.task(name, signal, work));
    } catch (error) {
      throw refusalOfDisk(error, name);
    }
  }

  async #goOn(): Promise<void> {
    for (const folder of [NEW, REMOVED]) await makeFolder(join(this.#root, folder), 0o700);
    for (const entry of await readdir(this.#root, { withFileTypes: true })) {
      if (!entry.isDirectory() || !NAME.test(entry.name)) continue;
      await this.#find(entry.name).catch(this.#onError);
    }
    for (const folder of [NEW, REMOVED].map((name) => join(this.#root, name))) {
      for (const name of await readdir(folder)) await this.#endVolume(join(folder, name));
    }
  }

  /**
   * Reads a volume and makes its mounts match its record: a mount that was not recorded, or was recorded as unmounted,
   * is unmounted.
   */
  async #find(name: string): Promise<void> {
    const folder = this.#folder(name);
    const record = await readRecord(folder);
    const mounts = await readMounts(folder, this.#boot);
    this.#volumes.set(name, { ...record, mounts, unsure: new Set(mounts.keys()) });
    if (record.limit.by !== 'loop') return;
    await (mounts.size > 0 ? mountLoopFile(folder) : unmountLoopFile(folder));
  }

  async #endVolume(folder: string): Promise<void> {
    const { limit } = await readRecord(folder).catch(() => ({ limit: { by: 'none' } as const }));
    // Its files count for its project until they are deleted.
    if (limit.by === 'project') this.#nextProject = Math.max(this.#nextProject, limit.project + 1);
    void this.#bury(folder, limit).catch(this.#onError);
  }

  async #bury(folder: string, limit: Limit): Promise<void> {
    if (mountedWithin(folder, await mountTable()).length > 0)
      throw new ModelError(409, `${folder}: something is mounted there`);
    if (limit.by === 'project') await forgetProject(this.#root, limit.project);
    await rm(folder, { recursive: true, force: true });
  }
}

const WORDS = { none: 'none', project: 'project quota', loop: 'loop file' };

function checkName(name: string): void {
  if (NAME.test(name)) return;
  const found = JSON.stringify(name.slice(0, 100));
  throw new ModelError(
    400,
    `Name: expected a letter or digit, and up to 199 of these, _, . and -, found ${found}`,
  );
}

/** An error of the file system as answer to the request. */
function refusalOfDisk(error: unknown, name: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const isFull = 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
  const words = isFull ? 'the disk that --root is on is full' : 'the folder that --root names cannot be used';
  return new ModelError(isFull ? 507 : 500, `${words}: ${error.message}`, { ...about(name), cause: error });
}

function about(name: string) {
  return { model: 'volumes', key: name };
}

function sizeOf(limit: Limit): number | undefined {
  return limit.by === 'none' ? undefined : limit.size;
}

function sum(mounts: Mounts): number {
  return [...mounts.values()].reduce((total, count) => total + count, 0);
}

/** The used bytes of a file system or a project in it; {} when unknown. */
async function usedIn(folder: string): Promise<{ used?: number }> {
  const stats = await statfs(folder).catch(() => undefined);
  return stats === undefined ? {} : { used: (stats.blocks - stats.bfree) * stats.bsize };
}
