import { randomUUID } from 'node:crypto';
import type { ValidateFunction } from 'ajv-draft-04';
import { type Event, isObject, ModelError, type RawModel } from '../../models/index.ts';
import { Availability, UNNAMED } from './availability.ts';
import type { Events } from './events.ts';
import { assertUnused } from './in-use.ts';
import type { Lookup } from './lookup.ts';
import type { Params } from './params.ts';
import { PREFIXES, type Prefix, rawPrefix } from './prefixes/index.ts';
import { compileSchema, schemaProblems } from './schema.ts';
import { fill } from './shape.ts';
import { objectIn, type Store } from './store.ts';

/** An object with its prefix and key. */
export interface Found {
  prefix: string;
  key: string;
  object: RawModel;
  revision: number;
  /**
   * The content pack that the object belongs to, which makes it read-only; `''` for objects of the endpoint's own
   * store.
   */
  layer: string;
}

/** The origin of a change: the principal, for events, and the HTTP method or other operation, for `Type` in errors. */
export interface Requester {
  principal: string;
  method: string;
  /** `?force=true`. */
  force?: boolean;
  /** The endpoint advances a job: rules for clients and locks do not apply. */
  byJob?: boolean;
}

/** A change: `object` is undefined for a deletion, `original` for a creation. */
export interface Written {
  key: string;
  object: RawModel | undefined;
  original: RawModel | undefined;
}

interface Kind extends Prefix {
  schema?: ValidateFunction | undefined;
}

/** Servers and clients limit URLs to some thousand bytes, so an object with a longer key could not be addressed. */
const LONGEST_KEY = 4096;

function isTooLong(key: string): boolean {
  return key.length > LONGEST_KEY || encodeURIComponent(key.toWellFormed()).length > LONGEST_KEY;
}

/** An event that is sent once its change is on disk. */
type Untold = Pick<Event, 'Type' | 'Action' | 'Key' | 'Principal'> & { Object?: unknown; Original?: unknown };

/** All stored objects. Validates changes and creates their events. */
export class Objects {
  readonly store: Store;
  readonly params: Params;
  readonly #events: Events;
  readonly #kinds = new Map<string, Kind>(Object.entries(PREFIXES));
  readonly #availability: Availability;
  readonly #followers = new Map<string, ((written: Written, requester: Requester) => void)[]>();
  readonly #changes = new Map<string, number>();
  #untold: Untold[] = [];
  #writing = 0;

  constructor(store: Store, params: Params, events: Events) {
    this.store = store;
    this.params = params;
    this.#events = events;
    this.#availability = new Availability(store, this.#kinds);
  }

  /** Read access for rules that involve other objects. */
  get lookup(): Lookup {
    return this.#availability;
  }

  /** Calls `follow` for each change that a client makes to an object of the prefix, within the same write. */
  follow(prefix: string, follow: (written: Written, requester: Requester) => void): void {
    this.#followers.set(prefix, [...(this.#followers.get(prefix) ?? []), follow]);
  }

  /** A number that changes with the objects of a prefix, for caches that depend on many of them. */
  changes(prefix: string): number {
    return this.#changes.get(prefix) ?? 0;
  }

  /** Registers an object type. `fields` are JSON schemas by field; `isrequired` in one makes it mandatory. */
  register(prefix: string, fields: unknown): void {
    if (Object.hasOwn(PREFIXES, prefix)) return;
    const properties = isObject(fields) ? fields : {};
    const required = Object.keys(properties).filter((field) => {
      const schema = properties[field];
      return isObject(schema) && schema.isrequired === true;
    });
    const schema: RawModel = { type: 'object', properties };
    if (required.length > 0) schema.required = required;
    const indexed = Object.fromEntries(
      Object.entries(properties).map(([field, type]) => [field, isObject(type) ? type.type : undefined]),
    );
    this.#kinds.set(prefix, { ...rawPrefix(prefix), indexed, schema: compileSchema(schema) });
  }

  unregister(prefix: string): void {
    if (!Object.hasOwn(PREFIXES, prefix)) this.#kinds.delete(prefix);
  }

  names(): string[] {
    return [...this.#kinds.keys()].sort();
  }

  kind(prefix: string): Prefix | undefined {
    return this.#kinds.get(prefix);
  }

  /** The object with this key or, for `FIELD:VALUE`, with this value of a unique field. */
  find(prefix: string, keyOrIndex: string): Found | undefined {
    const kind = this.#kinds.get(prefix);
    let key = keyFrom(kind, keyOrIndex);
    let stored = this.store.get(prefix, key);
    if (stored === undefined) {
      const [, field, value] = /^([^:]+):(.*)$/s.exec(keyOrIndex) ?? [];
      if (kind === undefined || field === undefined || value === undefined) return undefined;
      const found =
        field === kind.key || field === 'Key'
          ? keyFrom(kind, value)
          : kind.unique?.includes(field)
            ? this.store.keyByField(prefix, field, value)
            : undefined;
      if (found === undefined) return undefined;
      key = found;
      stored = this.store.get(prefix, key);
      if (stored === undefined) return undefined;
    }
    const { json, revision, layer } = stored;
    return {
      prefix,
      key,
      object: this.#availability.judged(prefix, objectIn(prefix, key, json)),
      revision,
      layer,
    };
  }

  /** All objects of a prefix in the form for clients. Throws ModelError 404 for an unknown prefix. */
  list(prefix: string): RawModel[] {
    this.#kind(prefix);
    return this.store.keys(prefix).flatMap((key) => {
      const found = this.find(prefix, key);
      return found === undefined ? [] : [this.view(prefix, found.object)];
    });
  }

  get(prefix: string, key: string, { method }: Requester): Found {
    const found = this.find(prefix, key);
    if (found !== undefined) return found;
    const shown = keyFrom(this.#kinds.get(prefix), key);
    throw new ModelError(404, 'Not Found', { model: prefix, key: shown, type: method });
  }

  /** The object in the form for clients: without hidden fields. */
  view(prefix: string, object: RawModel): RawModel {
    const { hidden = [], omitEmpty = [] } = this.#kinds.get(prefix) ?? {};
    if (hidden.length === 0) return object;
    const shown = { ...object };
    for (const field of hidden) {
      if (omitEmpty.includes(field)) delete shown[field];
      else shown[field] = '';
    }
    return shown;
  }

  /**
   * Creates an object. Throws ModelError: 400 for a field of the wrong type, 409 when the key exists, 422 when it is
   * invalid or has a unique value of another object.
   */
  create(prefix: string, value: unknown, requester: Requester): Found {
    const kind = this.#kind(prefix);
    const object = fill(prefix, kind, value);
    object[kind.key] ||= newKey(prefix);
    const key = keyFrom(kind, String(object[kind.key]));
    if (key === '') {
      throw new ModelError(400, 'Empty key not allowed', { model: prefix, type: 'CREATE' });
    }
    if (this.store.has(prefix, key)) {
      throw new ModelError(409, 'already exists', { model: prefix, key, type: 'CREATE' });
    }
    return this.write(() => this.#saveOfClient(prefix, kind, object, undefined, '', requester));
  }

  /** Replaces an object. Its key cannot change. Throws like `create`; 403 for a locked or read-only object. */
  update(found: Found, value: unknown, requester: Requester): Found {
    const { prefix, key } = found;
    const kind = this.#kind(prefix);
    const object = fill(prefix, kind, value);
    const newKey = keyFrom(kind, String(object[kind.key]));
    if (newKey !== key) {
      throw new ModelError(400, `Key change from ${key} to ${newKey} not allowed`, {
        model: prefix,
        key,
        type: requester.method,
      });
    }
    this.#assertUnlocked(found, requester, object.Locked !== false);
    this.#assertWritable(found, requester);
    return this.write(() => this.#saveOfClient(prefix, kind, object, found.object, found.layer, requester));
  }

  /** Deletes an object. Throws ModelError: 403 for a locked or read-only object, 409 or 422 for one that is in use. */
  remove(found: Found, requester: Requester): void {
    const { prefix, key, object } = found;
    this.#assertUnlocked(found, requester, true);
    assertUnused(prefix, key, object, this.#availability);
    this.#assertWritable(found, requester);
    this.write(() => {
      this.#take(prefix, key);
      this.#tell(prefix, 'delete', key, object, null, requester);
      this.#follow(prefix, { key, object: undefined, original: object }, requester);
    });
  }

  /** The stored object with this key, and the content pack that it belongs to. */
  stored(prefix: string, key: string): { object: RawModel; layer: string } | undefined {
    const stored = this.store.get(prefix, key);
    if (stored === undefined) return undefined;
    return { object: objectIn(prefix, key, stored.json), layer: stored.layer };
  }

  /**
   * Adds or replaces an object of a content pack, and returns its key. `assertOver` gets the place (`profiles:global`)
   * and the layer of an existing object, and throws when that must not be replaced. Objects that it refers to may be
   * missing. Throws ModelError 400 and 422 like `create`.
   */
  putInLayer(
    prefix: string,
    value: unknown,
    layer: string,
    requester: Requester,
    assertOver: (place: string, layer: string) => void,
  ): string {
    const kind = this.#kind(prefix);
    const object = fill(prefix, kind, value);
    const key = keyFrom(kind, String(object[kind.key]));
    const before = this.stored(prefix, key);
    if (before !== undefined) assertOver(`${prefix}:${key}`, before.layer);
    this.write(() => this.#save(prefix, kind, key, object, before?.object, layer, requester, []));
    return key;
  }

  removeFromLayer(prefix: string, key: string, requester: Requester): void {
    const stored = this.stored(prefix, key);
    if (stored === undefined) return;
    this.#take(prefix, key);
    this.#tell(prefix, 'delete', key, stored.object, null, requester);
  }

  /** Sets the key of a content pack's object to its name in the pack. */
  withKey(prefix: string, name: string, object: unknown): unknown {
    const { key } = this.#kind(prefix);
    return isObject(object) ? { ...object, [key]: object[key] || name } : object;
  }

  /** Runs `work` as one write. Events are sent once it is on disk. */
  write<T>(work: () => T): T {
    this.#writing++;
    try {
      return this.store.transaction(work);
    } catch (error) {
      this.#availability.forget();
      if (this.#writing === 1) this.#untold = [];
      throw error;
    } finally {
      this.#writing--;
      if (this.#writing === 0) {
        const events = this.#untold;
        this.#untold = [];
        for (const event of events) {
          const { Type, Object: object } = event;
          const known = this.#kinds.has(Type) && isObject(object) && event.Action !== 'delete';
          this.#events.publish(known ? { ...event, Object: this.#availability.judged(Type, object) } : event);
        }
      }
    }
  }

  tell(event: Pick<Event, 'Type' | 'Action' | 'Key' | 'Object' | 'Principal'>): void {
    this.#untold.push(event);
    if (this.#writing === 0) this.write(() => undefined);
  }

  #kind(prefix: string): Kind {
    const kind = this.#kinds.get(prefix);
    if (kind === undefined) throw new ModelError(404, 'Not Found', { model: prefix, type: 'GET' });
    return kind;
  }

  #saveOfClient(
    prefix: string,
    kind: Kind,
    object: RawModel,
    original: RawModel | undefined,
    layer: string,
    requester: Requester,
  ): Found {
    const store = this.#availability;
    const key = keyFrom(kind, String(object[kind.key]));
    const { force = false, byJob = false } = requester;
    const refused = kind.change?.(object, { original, force, byJob, store }) ?? [];
    if (refused.length > 0)
      throw new ModelError(422, refused, { model: prefix, key, type: 'ValidationError' });
    const needed = kind.needed?.(object, store) ?? [];
    const revision = this.#save(prefix, kind, key, object, original, layer, requester, needed);
    this.#follow(prefix, { key, object, original }, requester);
    return { prefix, key, object: store.judged(prefix, object), revision, layer };
  }

  #follow(prefix: string, written: Written, requester: Requester): void {
    for (const follow of this.#followers.get(prefix) ?? []) follow(written, requester);
  }

  /** Validates and stores an object. Returns its revision. */
  #save(
    prefix: string,
    kind: Kind,
    key: string,
    object: RawModel,
    original: RawModel | undefined,
    layer: string,
    requester: Requester,
    refused: readonly string[],
  ): number {
    kind.prepare?.(object, original);
    const decided = {
      ReadOnly: layer !== '',
      Bundle: layer,
      Validated: true,
      Available: true,
      Errors: [],
      Partial: false,
    };
    for (const [field, value] of Object.entries(decided)) {
      if (field in kind.fields) object[field] = value;
    }
    if (!('Partial' in kind.fields)) delete object.Partial;
    const problems = [...this.#problems(prefix, kind, key, object, layer), ...refused];
    if (problems.length > 0) {
      // For machines dr-provision reports both kinds of problems, for others only those of the object itself.
      const missing = prefix === 'machines' ? (kind.missing?.(object, this.#availability) ?? []) : [];
      throw new ModelError(422, [...problems, ...missing], { model: prefix, key, type: 'ValidationError' });
    }
    // A machine that becomes available again must not start to run by itself.
    if (layer === '' && object.Runnable === true && this.#availability.problems(prefix, object).length > 0)
      object.Runnable = false;
    const revision = this.store.put(prefix, key, JSON.stringify(object), layer);
    this.#changed(prefix);
    if (prefix === 'params' && object.Secure === true && original?.Secure !== true) this.#sealAll(key);
    this.#tell(prefix, original ? 'update' : 'create', key, object, original ?? null, requester);
    return revision;
  }

  /** The problems of an object by itself. Encrypts the secure params of content packs. */
  #problems(prefix: string, kind: Kind, key: string, object: RawModel, layer: string): string[] {
    const { name, schema, check } = kind;
    const ofKey: string[] = [];
    if (name !== undefined && !name.pattern.test(key)) ofKey.push(`${name.refusal} \`${key}\``);
    if (isTooLong(key)) ofKey.push(`Invalid key: more than ${LONGEST_KEY} bytes in an address`);
    const problems: (readonly string[])[] = [ofKey, check?.(object) ?? []];
    if (schema !== undefined)
      problems.push(schemaProblems(schema, object).map((problem) => `Error in value: ${problem}`));
    if (isObject(object.Params)) {
      try {
        object.Params = this.params.admit(prefix, key, object.Params, { seal: layer !== '' });
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        problems.push(error.messages);
      }
    }
    return problems.flat();
  }

  #take(prefix: string, key: string): void {
    this.store.remove(prefix, key);
    this.#changed(prefix);
  }

  #changed(prefix: string): void {
    this.#changes.set(prefix, this.changes(prefix) + 1);
    if (!UNNAMED.has(prefix)) this.#availability.forget();
  }

  /** Encrypts the stored values of a param that has just become secret. */
  #sealAll(param: string): void {
    for (const { prefix, key } of this.store.placesWith(JSON.stringify(param))) {
      const stored = this.stored(prefix, key);
      if (stored === undefined || !isObject(stored.object.Params)) continue;
      const { object, layer } = stored;
      const params = stored.object.Params;
      if (!Object.hasOwn(params, param)) continue;
      const { [param]: value } = params;
      try {
        Object.assign(params, this.params.admit(prefix, key, { [param]: value }, { seal: true }));
      } catch {
        continue; // A value that never fitted the schema stays as it is.
      }
      this.store.put(prefix, key, JSON.stringify(object), layer);
    }
  }

  #assertUnlocked({ prefix, key, object }: Found, requester: Requester, staysLocked: boolean): void {
    if (object.Locked === true && staysLocked && requester.byJob !== true)
      throw new ModelError(403, 'Locked', { model: prefix, key, type: requester.method });
  }

  #assertWritable({ prefix, key, layer }: Found, requester: Requester): void {
    if (layer !== '')
      throw new ModelError(403, `readonly: ${key}`, { model: prefix, key, type: requester.method });
  }

  #tell(
    prefix: string,
    action: string,
    key: string,
    object: RawModel,
    original: RawModel | null,
    requester: Requester,
  ): void {
    this.#untold.push({
      Type: prefix,
      Action: action,
      Key: key,
      Principal: requester.principal,
      Object: this.view(prefix, object),
      Original: original === null ? null : this.view(prefix, original),
    });
  }
}

function keyFrom(kind: Prefix | undefined, text: string): string {
  return kind?.keyOf?.(text) ?? text;
}

/** A key for an object without one. */
function newKey(prefix: string): string {
  return prefix === 'machines' || prefix === 'jobs' ? randomUUID() : '';
}

/** The key by which claims name an object: the machine's for a job, otherwise its own. */
export function ownerOf(objects: Objects, prefix: string, key: string): string | undefined {
  const found = objects.find(prefix, key);
  return prefix === 'jobs' && found !== undefined ? String(found.object.Machine) : found?.key;
}
