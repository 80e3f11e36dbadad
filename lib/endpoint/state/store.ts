import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { ModelError, type RawModel } from '../../models/index.ts';

/** One object as it is kept. */
export interface Stored {
  /** The object as JSON text. */
  json: string;
  /** Grows with every write to the store: what an ETag says. */
  revision: number;
  /** The content pack that the object came with, `''` for objects that clients made. */
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

/** An endpoint that is about to end may still have the file. */
const IN_USE_LIMIT_MS = 2_000;
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
const SQLITE_IOERR = 10;

/**
 * The endpoint's memory: one SQLite file. Every write is on disk when the call returns (write-ahead log, synced at
 * each commit), so that what was acknowledged survives the end of the process at any moment.
 */
export class Store {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #revision: number;
  #depth = 0;

  /** `unique` names further fields whose values must differ among the objects of a prefix. Throws when the file is in use. */
  constructor(file: string, unique: Readonly<Record<string, readonly string[]>> = {}) {
    // It holds the keys to all secrets. The log beside it gets the same mode.
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
    // By the clock, so that a revision is not used again when the newest object was deleted before a restart.
    this.#revision = Math.max(Number(revision ?? 0), Date.now() * 1000);
  }

  /** Of two endpoints in one folder each would run all plugins. */
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

  /** The key of the object whose unique field `field` is `value`. */
  keyByField(prefix: string, field: string, value: string): string | undefined {
    // The field is one of those given to the constructor, so that SQLite finds the index by the same expression.
    const sql = `SELECT key FROM objects WHERE prefix = '${prefix}' AND json ->> '$.${field}' = ?`;
    const row = this.#get(sql, value);
    return row === undefined ? undefined : String(row.key);
  }

  keys(prefix: string): string[] {
    return this.#prepare('SELECT key FROM objects WHERE prefix = ? ORDER BY key')
      .all(prefix)
      .map((row) => String(row.key));
  }

  /** Where `text` is in an object's JSON. */
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

  /** Runs `work` as one write: all of it is kept, or, when it throws, nothing. Nests. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#database.exec('BEGIN IMMEDIATE');
    this.#depth++;
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      // After some failures SQLite has done so itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw unwritten(error);
    } finally {
      this.#depth--;
    }
  }

  /** The private key that seals the secure params of one object; made when it is first asked for. */
  privateKey(prefix: string, key: string): Uint8Array {
    const row = this.#get('SELECT secret FROM private_keys WHERE prefix = ? AND key = ?', prefix, key);
    if (row !== undefined) return new Uint8Array(row.secret as Uint8Array);
    const secret = new Uint8Array(randomBytes(32));
    this.#prepare('INSERT INTO private_keys (prefix, key, secret) VALUES (?, ?, ?)').run(prefix, key, secret);
    return secret;
  }

  /** A value that belongs to the endpoint itself; made by `make` when it is first asked for. */
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

/** What a disk that takes no more comes to: the client is told, and nothing of the change is kept. */
function unwritten(error: unknown): unknown {
  const { errcode = 0, message = '' } = error as { errcode?: number; message?: string };
  // The lowest byte is the kind, the rest its details.
  const kind = errcode & 0xff;
  if (kind !== SQLITE_FULL && kind !== SQLITE_IOERR) return error;
  return new ModelError(507, `Nothing was changed: endpoint.db cannot be written: ${message}`, {
    cause: error,
  });
}

/** The object in a row. Throws ModelError 500 for one that cannot be read. */
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
