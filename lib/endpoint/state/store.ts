import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { ModelError, type RawModel } from '../../models/index.ts';

/** A stored object. */
export interface Stored {
  /** The object as JSON text. */
  json: string;
  /** Increases with every write to the store. Part of the ETag. */
  revision: number;
  /** The content pack of the object; `''` for objects created by clients. */
  layer: string;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS objects (
    prefix TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL, revision INTEGER NOT NULL, layer TEXT NOT NULL,
    PRIMARY KEY (prefix, key)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS objects_of_layer ON objects (layer, prefix, key);
  CREATE TABLE IF NOT EXISTS layers (name TEXT PRIMARY KEY, position INTEGER NOT NULL, meta TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS private_keys (prefix TEXT, key TEXT, secret BLOB NOT NULL, PRIMARY KEY (prefix, key));
  CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value BLOB NOT NULL);
`;

/** How long to wait for another endpoint that is about to release the file. */
const IN_USE_LIMIT_MS = 2_000;
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
const SQLITE_IOERR = 10;

/**
 * The endpoint's database: one SQLite file. Every write is on disk when the call returns (write-ahead log, synced at
 * each commit), so that acknowledged changes survive a crash at any moment.
 */
export class Store {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #revision: number;
  #depth = 0;

  /** `unique` names further fields with unique values, by prefix. Throws when the file is in use. */
  constructor(file: string, unique: Readonly<Record<string, readonly string[]>> = {}) {
    // The file contains the keys to all secrets. SQLite gives the log the same mode.
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    this.#database = new DatabaseSync(file, { timeout: IN_USE_LIMIT_MS });
    this.#lock(file);
    this.#database.exec('PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;');
    this.#database.exec(SCHEMA);
    for (const [prefix, fields] of Object.entries(unique)) {
      for (const field of fields) {
        this.#database.exec(
          `CREATE UNIQUE INDEX IF NOT EXISTS ${prefix}_by_${field} ON objects (json ->> '$.${field}') WHERE prefix = '${prefix}'`,
        );
      }
    }
    const { revision } = this.#get('SELECT coalesce(max(revision), 0) AS revision FROM objects') ?? {};
    // From the clock, so that a revision is not reused when the newest object was deleted before a restart.
    this.#revision = Math.max(Number(revision ?? 0), Date.now() * 1000);
  }

  /** Locks the file: two endpoints in one folder would both run all plugins. */
  #lock(file: string): void {
    try {
      this.#database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;');
    } catch (error) {
      this.#database.close();
      if ((error as { errcode?: unknown }).errcode !== SQLITE_BUSY) throw error;
      throw new ModelError(409, `${file} is in use: another endpoint runs in this folder`, { cause: error });
    }
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #get(sql: string, ...values: (string | number)[]) {
    return this.#prepare(sql).get(...values);
  }

  get(prefix: string, key: string): Stored | undefined {
    return stored(
      this.#get('SELECT json, revision, layer FROM objects WHERE prefix = ? AND key = ?', prefix, key),
    );
  }

  has(prefix: string, key: string): boolean {
    return this.#get('SELECT 1 FROM objects WHERE prefix = ? AND key = ?', prefix, key) !== undefined;
  }

  /** The key of the object with this value of a unique field. */
  keyByField(prefix: string, field: string, value: string): string | undefined {
    // `field` comes from the constructor, so it is safe in SQL; SQLite uses the index only for the same expression.
    const sql = `SELECT key FROM objects WHERE prefix = '${prefix}' AND json ->> '$.${field}' = ?`;
    const row = this.#get(sql, value);
    return row === undefined ? undefined : String(row.key);
  }

  keys(prefix: string): string[] {
    return this.#prepare('SELECT key FROM objects WHERE prefix = ? ORDER BY key')
      .all(prefix)
      .map((row) => String(row.key));
  }

  /** Prefix and key of the objects whose JSON contains `text`. */
  placesWith(text: string): { prefix: string; key: string }[] {
    return this.#prepare('SELECT prefix, key FROM objects WHERE instr(json, ?) > 0').all(text).map(place);
  }

  prefixes(): string[] {
    return this.#prepare('SELECT DISTINCT prefix FROM objects')
      .all()
      .map((row) => String(row.prefix));
  }

  count(prefix: string): number {
    return Number(this.#get('SELECT count(*) AS count FROM objects WHERE prefix = ?', prefix)?.count);
  }

  /** Adds or replaces an object. Throws ModelError 422 when another object has one of its unique values. */
  put(prefix: string, key: string, json: string, layer: string): number {
    const revision = ++this.#revision;
    try {
      this.#prepare(
        `INSERT INTO objects (prefix, key, json, revision, layer) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (prefix, key) DO UPDATE SET json = excluded.json, revision = excluded.revision, layer = excluded.layer`,
      ).run(prefix, key, json, revision, layer);
    } catch (error) {
      const field = /UNIQUE constraint failed: index '[a-z_-]+_by_(\w+)'/.exec(String(error))?.[1];
      if (field === undefined) throw error;
      throw new ModelError(422, `${prefix}:${key} violates unique index ${field}`, {
        model: prefix,
        key,
        type: 'ValidationError',
      });
    }
    return revision;
  }

  remove(prefix: string, key: string): void {
    this.#prepare('DELETE FROM objects WHERE prefix = ? AND key = ?').run(prefix, key);
    this.#prepare('DELETE FROM private_keys WHERE prefix = ? AND key = ?').run(prefix, key);
  }

  /** Runs `work` as one write: all of it is stored or, when it throws, nothing. Calls can nest. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#database.exec('BEGIN IMMEDIATE');
    this.#depth++;
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      // After some errors SQLite has rolled back itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw unwritten(error);
    } finally {
      this.#depth--;
    }
  }

  /** The private key for the secure params of an object; created at first use. */
  privateKey(prefix: string, key: string): Uint8Array {
    const row = this.#get('SELECT secret FROM private_keys WHERE prefix = ? AND key = ?', prefix, key);
    if (row !== undefined) return new Uint8Array(row.secret as Uint8Array);
    const secret = new Uint8Array(randomBytes(32));
    this.#prepare('INSERT INTO private_keys (prefix, key, secret) VALUES (?, ?, ?)').run(prefix, key, secret);
    return secret;
  }

  /** A setting of the endpoint; created by `make` at first use. */
  setting(name: string, make: () => Uint8Array): Uint8Array {
    const row = this.#get('SELECT value FROM settings WHERE name = ?', name);
    if (row !== undefined) return new Uint8Array(row.value as Uint8Array);
    const value = make();
    this.#prepare('INSERT INTO settings (name, value) VALUES (?, ?)').run(name, value);
    return value;
  }

  setSetting(name: string, value: Uint8Array): void {
    this.#prepare(
      'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    ).run(name, value);
  }

  /** Meta data of the content packs, lowest layer last. */
  layers(): { name: string; meta: string }[] {
    return this.#prepare('SELECT name, meta FROM layers ORDER BY position')
      .all()
      .map((row) => ({ name: String(row.name), meta: String(row.meta) }));
  }

  layer(name: string): string | undefined {
    const row = this.#get('SELECT meta FROM layers WHERE name = ?', name);
    return row === undefined ? undefined : String(row.meta);
  }

  putLayer(name: string, meta: string): void {
    this.#prepare(
      `INSERT INTO layers (name, position, meta) VALUES (?, (SELECT coalesce(max(position), 0) + 1 FROM layers), ?)
       ON CONFLICT (name) DO UPDATE SET meta = excluded.meta`,
    ).run(name, meta);
  }

  removeLayer(name: string): void {
    this.#prepare('DELETE FROM layers WHERE name = ?').run(name);
  }

  /** Prefix and key of every object of a layer. */
  layerKeys(layer: string): { prefix: string; key: string }[] {
    return this.#prepare('SELECT prefix, key FROM objects WHERE layer = ? ORDER BY prefix, key')
      .all(layer)
      .map(place);
  }

  layerCounts(layer: string): Record<string, number> {
    const rows = this.#prepare(
      'SELECT prefix, count(*) AS count FROM objects WHERE layer = ? GROUP BY prefix',
    ).all(layer);
    return Object.fromEntries(rows.map((row) => [String(row.prefix), Number(row.count)]));
  }

  close(): void {
    this.#database.close();
  }
}

/** The client's error for a full disk or failed write. The change has been rolled back. */
function unwritten(error: unknown): unknown {
  const { errcode = 0, message = '' } = error as { errcode?: number; message?: string };
  // The lowest byte is the main error code.
  const kind = errcode & 0xff;
  if (kind !== SQLITE_FULL && kind !== SQLITE_IOERR) return error;
  return new ModelError(507, `Nothing was changed: endpoint.db cannot be written: ${message}`, {
    cause: error,
  });
}

/** The object in a row. Throws ModelError 500 when it is not valid JSON. */
export function objectIn(prefix: string, key: string, json: string): RawModel {
  try {
    return JSON.parse(json) as RawModel;
  } catch (cause) {
    throw new ModelError(
      500,
      'What endpoint.db has of it cannot be read: the file is damaged, put a copy of it back',
      {
        model: prefix,
        key,
        cause,
      },
    );
  }
}

function place(row: Record<string, unknown>): { prefix: string; key: string } {
  return { prefix: String(row.prefix), key: String(row.key) };
}

function stored(row: Record<string, unknown> | undefined): Stored | undefined {
  if (row === undefined) return undefined;
  return { json: String(row.json), revision: Number(row.revision), layer: String(row.layer) };
}
