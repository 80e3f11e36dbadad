import type { ValidateFunction } from 'ajv-draft-04';
import { type Event, isObject, ModelError, type RawModel } from '../../models/index.ts';
import type { Events } from './events.ts';
import { compileSchema, type Params, schemaDefect, schemaProblem } from './params.ts';
import { newKey, PREFIXES, type Prefix, rawPrefix } from './prefixes.ts';
import { fill, namesIn } from './shape.ts';
import type { Store } from './store.ts';

/** An object with its place in the store. */
export interface Found {
  prefix: string;
  key: string;
  object: RawModel;
  revision: number;
  /** The content pack that it belongs to and that it can only be changed with; `''` when there is none. */
  layer: string;
}

/** Who asks for a change: the principal, for events, and the HTTP method or the like, for `Type` in errors. */
export interface Requester {
  principal: string;
  method: string;
}

interface Kind extends Prefix {
  schema?: ValidateFunction | undefined;
}

/** All stored objects: what may be said of them is checked here, and every change is told as an event. */
export class Objects {
  readonly store: Store;
  readonly params: Params;
  readonly #events: Events;
  readonly #kinds = new Map<string, Kind>(Object.entries(PREFIXES));
  #untold: Parameters<Events['publish']>[0][] = [];
  #writing = 0;

  constructor(store: Store, params: Params, events: Events) {
    this.store = store;
    this.params = params;
    this.#events = events;
  }

  /** Makes `prefix` a kind of object. `fields` are JSON schemas by field; `isrequired` in one makes it mandatory. */
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

  /** The object with this key, or, for `FIELD:VALUE`, the one whose unique field has the value. */
  find(prefix: string, keyOrIndex: string): Found | undefined {
    let key = keyOrIndex;
    let stored = this.store.get(prefix, key);
    if (stored === undefined) {
      const kind = this.#kinds.get(prefix);
      const [, field, value] = /^([^:]+):(.*)$/s.exec(keyOrIndex) ?? [];
      if (kind === undefined || field === undefined || value === undefined) return undefined;
      const found =
        field === kind.key || field === 'Key'
          ? value
          : kind.unique?.includes(field)
            ? this.store.keyByField(prefix, field, value)
            : undefined;
      if (found === undefined) return undefined;
      key = found;
      stored = this.store.get(prefix, key);
      if (stored === undefined) return undefined;
    }
    const { json, revision, layer } = stored;
    return { prefix, key, object: this.#judged(prefix, JSON.parse(json) as RawModel), revision, layer };
  }

  /** All objects of a prefix, as clients see them. Throws ModelError 404 for an unknown prefix. */
  list(prefix: string): RawModel[] {
    this.#kind(prefix);
    return this.store.keys(prefix).flatMap((key) => {
      const found = this.find(prefix, key);
      return found === undefined ? [] : [this.view(prefix, found.object)];
    });
  }

  get(prefix: string, key: string, { method }: Requester): Found {
    const found = this.find(prefix, key);
    if (found === undefined) throw new ModelError(404, 'Not Found', { model: prefix, key, type: method });
    return found;
  }

  /** The object as clients see it: without what they must not see. */
  view(prefix: string, object: RawModel): RawModel {
    const hidden = this.#kinds.get(prefix)?.hidden ?? [];
    if (hidden.length === 0) return object;
    return { ...object, ...Object.fromEntries(hidden.map((field) => [field, ''])) };
  }

  /**
   * Adds an object. With a `layer` it belongs to that content pack. Throws ModelError: 400 for a field of a wrong type,
   * 409 when there is one with its key or a unique value of it, 422 when it is not valid.
   */
  create(prefix: string, value: unknown, requester: Requester, layer = ''): Found {
    const kind = this.#kind(prefix);
    const object = fill(prefix, kind, value);
    const key = String(object[kind.key] || newKey(prefix));
    object[kind.key] = key;
    if (key === '') {
      throw new ModelError(400, 'Empty key not allowed', { model: prefix, type: 'CREATE' });
    }
    if (this.store.get(prefix, key) !== undefined) {
      throw new ModelError(409, 'already exists', { model: prefix, key, type: 'CREATE' });
    }
    return this.write(() => this.#save(prefix, kind, object, undefined, layer, requester));
  }

  /** Replaces an object. Its key cannot change. Throws as `create` does; 403 for what is locked or read-only. */
  update(found: Found, value: unknown, requester: Requester): Found {
    const { prefix, key } = found;
    const kind = this.#kind(prefix);
    const object = fill(prefix, kind, value);
    if (String(object[kind.key]) !== key) {
      throw new ModelError(400, `Key change from ${key} to ${object[kind.key]} not allowed`, {
        model: prefix,
        key,
        type: requester.method,
      });
    }
    this.#assertWritable(found, requester, object.Locked !== false);
    return this.write(() => this.#save(prefix, kind, object, found.object, found.layer, requester));
  }

  /** Takes an object away. Throws ModelError: 403 for what is locked or read-only, 422 for what is in use. */
  remove(found: Found, requester: Requester): void {
    const { prefix, key, object } = found;
    this.#assertWritable(found, requester, true);
    this.#assertUnused(prefix, key);
    this.write(() => {
      this.store.remove(prefix, key);
      this.#tell(prefix, 'delete', key, object, null, requester);
    });
  }

  /**
   * Adds or replaces an object of a content pack. It takes the place of one of the layers in `over`.
   * Throws ModelError 409 when the object belongs to another.
   */
  putInLayer(
    prefix: string,
    value: unknown,
    layer: string,
    over: readonly string[],
    requester: Requester,
  ): Found {
    const kind = this.#kind(prefix);
    const object = fill(prefix, kind, value);
    const key = String(object[kind.key]);
    const found = this.find(prefix, key);
    if (found !== undefined && found.layer !== layer && !over.includes(found.layer)) {
      const owner = found.layer === '' ? 'the writable store' : `content ${found.layer}`;
      throw new ModelError(409, `already exists in ${owner}`, { model: prefix, key, type: requester.method });
    }
    return this.write(() => this.#save(prefix, kind, object, found?.object, layer, requester));
  }

  removeFromLayer(prefix: string, key: string, requester: Requester): void {
    const found = this.find(prefix, key);
    if (found === undefined) return;
    this.store.remove(prefix, key);
    this.#tell(prefix, 'delete', key, found.object, null, requester);
  }

  /** Runs `work` as one write; the events of its changes are told once it is on disk. */
  write<T>(work: () => T): T {
    this.#writing++;
    try {
      return this.store.transaction(work);
    } catch (error) {
      if (this.#writing === 1) this.#untold = [];
      throw error;
    } finally {
      this.#writing--;
      if (this.#writing === 0) {
        const events = this.#untold;
        this.#untold = [];
        for (const event of events) this.#events.publish(event);
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

  #save(
    prefix: string,
    kind: Kind,
    object: RawModel,
    original: RawModel | undefined,
    layer: string,
    requester: Requester,
  ): Found {
    kind.prepare?.(object, original);
    Object.assign(object, {
      ReadOnly: layer !== '',
      Bundle: layer,
      Validated: true,
      Available: true,
      Errors: [],
    });
    if ('Partial' in kind.fields) object.Partial = false;
    else delete object.Partial;
    const key = String(object[kind.key]);
    this.#validate(prefix, kind, key, object);
    if (isObject(object.Params)) object.Params = this.params.admit(prefix, key, object.Params);
    const json = JSON.stringify(object);
    const revision = this.store.put(prefix, key, json, layer);
    if (prefix === 'params' && object.Secure === true && original?.Secure !== true) this.#sealAll(key);
    const judged = this.#judged(prefix, JSON.parse(json) as RawModel);
    this.#tell(prefix, original ? 'update' : 'create', key, judged, original ?? null, requester);
    return { prefix, key, object: judged, revision, layer };
  }

  #validate(prefix: string, kind: Kind, key: string, object: RawModel): void {
    const problems: string[] = [];
    if (kind.name !== undefined && !kind.name.test(key)) problems.push(`Invalid ${kind.key} \`${key}\``);
    problems.push(...(kind.check?.(object) ?? []));
    if (kind.strict) problems.push(...this.#dangling(kind, object, true));
    if (kind.schema !== undefined) {
      const problem = schemaProblem(kind.schema, object);
      if (problem !== undefined) problems.push(`Error in value: ${problem}`);
    }
    if (prefix === 'params' && object.Schema !== null) {
      const schema = object.Schema;
      const defect = isObject(schema) ? schemaDefect(schema) : 'not an object';
      if (defect !== undefined) problems.push(`Invalid Schema: ${defect}`);
    }
    if (problems.length > 0) {
      throw new ModelError(422, problems, { model: prefix, key, type: 'ValidationError' });
    }
  }

  /** The object with what only the rest of the store can say of it: whether all that it names is there. */
  #judged(prefix: string, object: RawModel): RawModel {
    const kind = this.#kinds.get(prefix);
    if (kind?.references === undefined || kind.strict) return object;
    const errors = this.#dangling(kind, object, false);
    return { ...object, Available: errors.length === 0, Errors: errors };
  }

  #dangling(kind: Kind, object: RawModel, noTwice: boolean): string[] {
    const problems: string[] = [];
    for (const [field, target] of Object.entries(kind.references ?? {})) {
      const names = namesIn(object[field]).map(String);
      const what = `${target.charAt(0).toUpperCase()}${target.slice(1, -1)}`;
      for (const [at, name] of names.entries()) {
        const first = names.indexOf(name);
        if (this.store.get(target, name) === undefined && !name.includes(':')) {
          problems.push(
            Array.isArray(object[field])
              ? `${what} ${name} (at ${at}) does not exist`
              : `${what} ${name} does not exist`,
          );
        } else if (noTwice && first < at) {
          problems.push(`Duplicate ${what.toLowerCase()} ${name}: at ${first} and ${at}`);
        }
      }
    }
    return problems;
  }

  /** Seals the values that objects have of a param that has just become a secret. */
  #sealAll(param: string): void {
    for (const prefix of this.#kinds.keys()) {
      for (const key of this.store.keys(prefix)) {
        const stored = this.store.get(prefix, key);
        if (stored === undefined || !stored.json.includes(JSON.stringify(param))) continue;
        const object = JSON.parse(stored.json) as RawModel;
        if (!isObject(object.Params) || !Object.hasOwn(object.Params, param)) continue;
        const { [param]: value } = object.Params;
        try {
          Object.assign(object.Params, this.params.admit(prefix, key, { [param]: value }));
        } catch {
          continue; // A value that never fitted the schema stays as it is.
        }
        this.store.put(prefix, key, JSON.stringify(object), stored.layer);
      }
    }
  }

  #assertWritable({ prefix, key, object, layer }: Found, requester: Requester, staysLocked: boolean): void {
    const details = { model: prefix, key, type: requester.method };
    if (layer !== '') throw new ModelError(403, `readonly: ${key}`, details);
    if (object.Locked === true && staysLocked) throw new ModelError(403, 'Locked', details);
  }

  #assertUnused(prefix: string, key: string): void {
    if (prefix !== 'profiles') return;
    const problems: string[] = [];
    if (key === 'global') problems.push('Profile global is the global profile, you cannot delete it');
    for (const machine of this.store.keys('machines')) {
      const stored = this.store.get('machines', machine);
      if (stored === undefined || !stored.json.includes(JSON.stringify(key))) continue;
      const { Profiles } = JSON.parse(stored.json) as RawModel;
      if (namesIn(Profiles).includes(key)) problems.push(`Machine ${machine} is using profile ${key}`);
    }
    if (problems.length > 0) {
      throw new ModelError(422, problems, { model: prefix, key, type: 'ValidationError' });
    }
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
