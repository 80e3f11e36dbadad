import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync, StatementSync } from 'node:sqlite';

/** What stands for the death of the process. */
export class Killed extends Error {}

type Call = (...given: unknown[]) => unknown;

const BY_PROMISE = [
  ...['writeFile', 'appendFile', 'rename', 'mkdir', 'rm', 'rmdir', 'unlink', 'link', 'symlink', 'copyFile'],
  ...['truncate', 'chmod'],
] as const;
const AT_ONCE = [
  ...['writeFileSync', 'appendFileSync', 'renameSync', 'mkdirSync', 'rmSync', 'unlinkSync', 'writeSync'],
  ...['truncateSync', 'fsyncSync', 'linkSync'],
] as const;

/**
 * A process that is killed at one of its changes of the disk, played within this one: that change and all that follow are not
 * made, and their calls fail. Changes are calls of node:fs and node:fs/promises whose first path is below `folder`, or that
 * name no path, and writes of node:sqlite, a transaction as a whole. What was changed before is as the next process finds it.
 */
export class Crash implements Disposable {
  readonly #at: number;
  readonly #folder: string;
  readonly #restore: (() => void)[] = [];
  #steps = 0;

  /** `at` counts from 1. */
  constructor(at: number, folder: string) {
    this.#at = at;
    this.#folder = folder;
    for (const name of BY_PROMISE) this.#replace(fs.promises, name, async () => this.#step());
    for (const name of AT_ONCE) this.#replace(fs, name, () => this.#step());
    this.#replace(StatementSync.prototype, 'run', () => {
      // Within a transaction it is nothing before the end of that.
      if (this.happened || this.#transactions.size === 0) this.#step();
    });
    this.#replace(DatabaseSync.prototype, 'exec', (sql, database) => {
      if (sql.startsWith('BEGIN')) this.#transactions.add(database);
      if (sql === 'COMMIT' || this.happened) this.#step();
      if (sql === 'COMMIT' || sql === 'ROLLBACK') this.#transactions.delete(database);
    });
    syncBuiltinESMExports();
  }

  readonly #transactions = new Set<unknown>();

  /** Whether the process has come to the change at which it was to be killed. */
  get happened(): boolean {
    return this.#steps >= this.#at;
  }

  [Symbol.dispose](): void {
    for (const restore of this.#restore) restore();
    syncBuiltinESMExports();
  }

  #step(): void {
    this.#steps += 1;
    if (this.happened) throw new Killed('the process is killed here');
  }

  #replace(owner: object, name: string, before: (path: string, self: unknown) => void | Promise<void>): void {
    const target = owner as Record<string, Call>;
    const original = target[name];
    if (original === undefined) throw new Error(`node has no ${name}`);
    const isFile = owner === fs || owner === fs.promises;
    const isOurs = (path: unknown) => !isFile || typeof path !== 'string' || path.startsWith(this.#folder);
    target[name] = function (this: unknown, ...given: unknown[]) {
      if (!isOurs(given[0])) return original.apply(this, given);
      const waited = before(String(given[0]), this);
      return waited instanceof Promise
        ? waited.then(() => original.apply(this, given))
        : original.apply(this, given);
    };
    this.#restore.push(() => {
      target[name] = original;
    });
  }
}

/** Plays `run` with a crash at each change in turn, until one run comes to its end without. Returns how many changes there were. */
export async function atEachChange(
  run: (crash: (folder: string) => Crash) => Promise<void>,
  most = 200,
): Promise<number> {
  for (let at = 1; at <= most; at += 1) {
    let crash: Crash | undefined;
    await run((folder) => {
      crash = new Crash(at, folder);
      return crash;
    });
    if (crash?.happened !== true) return at - 1;
  }
  throw new Error(`more than ${most} changes`);
}
