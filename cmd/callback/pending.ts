import { chmodSync, closeSync, openSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Event } from '../../lib/models/index.ts';
import { messagesOf, refusal } from './failure.ts';
import type { Firing } from './selection.ts';
import { sleep } from './sleep.ts';

/** A callback for an event that is not completed. */
export interface Pending extends Firing {
  /** Also identifies it to the receiver. */
  id: string;
  event: Event;
  /** When it was queued, in ms since 1970. */
  since: number;
}

/** The data of a stored callback that are kept in memory. */
export interface Kept extends Pick<Pending, 'queue' | 'callback'> {
  number: number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS pending (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, callback TEXT NOT NULL, about TEXT NOT NULL,
    queue TEXT NOT NULL, since INTEGER NOT NULL, event TEXT NOT NULL
  );
`;

/** The file may still be in use by a plugin that is about to end. */
const IN_USE_TRIES = 40;
const IN_USE_PAUSE_MS = 250;
const SQLITE_BUSY = 5;

/**
 * Stores callbacks so that they survive the plugin: a SQLite file in which a write is on disk when the call returns.
 */
export class PendingStore implements Disposable {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  readonly #delete: StatementSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
    this.#insert = database.prepare(
      'INSERT INTO pending (id, callback, about, queue, since, event) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#select = database.prepare('SELECT * FROM pending WHERE number = ?');
    this.#delete = database.prepare('DELETE FROM pending WHERE number = ?');
  }

  /** Throws ModelError 409 when another process uses the file, 500 when it is unusable. */
  static async open(file: string, signal: AbortSignal): Promise<PendingStore> {
    const { DatabaseSync } = await import('node:sqlite');
    for (let tries = 1; ; tries += 1) {
      let database: DatabaseSync | undefined;
      try {
        // The file contains objects of the endpoint. SQLite gives the log the same mode.
        closeSync(openSync(file, 'a', 0o600));
        chmodSync(file, 0o600);
        database = new DatabaseSync(file, { timeout: 0 });
        database.exec(
          'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;',
        );
        database.exec(SCHEMA);
        return new PendingStore(database);
      } catch (error) {
        database?.close();
        const isBusy = (error as { errcode?: unknown }).errcode === SQLITE_BUSY;
        if (isBusy && tries < IN_USE_TRIES) {
          await sleep(IN_USE_PAUSE_MS, signal);
          continue;
        }
        if (isBusy)
          throw refusal(409, `${file} is in use: another plugin of this name runs in this folder`, error);
        throw refusal(
          500,
          `${file}, which keeps Durable callbacks, cannot be used: ${messagesOf(error)[0]}`,
          error,
        );
      }
    }
  }

  /** Stores a callback and returns its number here. Throws ModelError 500. */
  add({ id, callback, about, queue, since, event }: Pending): number {
    try {
      const { lastInsertRowid } = this.#insert.run(id, callback, about, queue, since, JSON.stringify(event));
      return Number(lastInsertRowid);
    } catch (error) {
      throw refusal(500, `a Durable callback cannot be kept: ${messagesOf(error)[0]}`, error);
    }
  }

  get(number: number): Pending | undefined {
    const row = this.#select.get(number);
    if (row === undefined) return undefined;
    return {
      id: String(row.id),
      callback: String(row.callback),
      about: row.about === 'machine' ? 'machine' : 'event',
      queue: String(row.queue),
      since: Number(row.since),
      event: JSON.parse(String(row.event)) as Event,
    };
  }

  /** Oldest first. */
  all(): Kept[] {
    const rows = this.#database.prepare('SELECT number, queue, callback FROM pending ORDER BY number').all();
    return rows.map(({ number, queue, callback }) => ({
      number: Number(number),
      queue: String(queue),
      callback: String(callback),
    }));
  }

  remove(number: number): void {
    this.#delete.run(number);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
