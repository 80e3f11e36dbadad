import type { RawModel } from '../../models/index.ts';
import type { Lookup } from './lookup.ts';
import { standardPreference } from './preferences.ts';
import type { Prefix } from './prefixes/index.ts';
import { objectIn, type Store } from './store.ts';

/** Prefixes whose objects no other object depends on. They may be many and change often. */
export const UNNAMED: ReadonlySet<string> = new Set(['machines', 'jobs', 'leases', 'plugins']);

/**
 * Decides whether objects can be used: the objects that they refer to must exist and be usable. The result is computed,
 * not stored, so it is right whatever was added or removed; results for referenced objects are cached until one
 * changes.
 */
export class Availability implements Lookup {
  readonly #store: Store;
  readonly #kinds: ReadonlyMap<string, Prefix>;
  readonly #objects = new Memory<RawModel | undefined>();
  readonly #existing = new Memory<boolean>();
  readonly #available = new Memory<boolean>();

  constructor(store: Store, kinds: ReadonlyMap<string, Prefix>) {
    this.#store = store;
    this.#kinds = kinds;
  }

  /** Why an object cannot be used; empty when it can. */
  problems(prefix: string, object: RawModel): string[] {
    const kind = this.#kinds.get(prefix);
    return [...(kind?.needed?.(object, this) ?? []), ...(kind?.missing?.(object, this) ?? [])];
  }

  /** The object with Available, Validated and Errors set according to the store. */
  judged(prefix: string, object: RawModel): RawModel {
    const kind = this.#kinds.get(prefix);
    if (kind?.needed === undefined && kind?.missing === undefined) return object;
    const Errors = this.problems(prefix, object);
    const judged = { ...object, Available: Errors.length === 0, Errors };
    return Errors.length > 0 && 'Runnable' in object ? { ...judged, Runnable: false } : judged;
  }

  /** Must be called after each change of an object that others may refer to. */
  forget(): void {
    this.#objects.forget();
    this.#existing.forget();
    this.#available.forget();
  }

  get(prefix: string, key: string): RawModel | undefined {
    return this.#objects.of(prefix, key, () => {
      const stored = this.#store.get(prefix, key);
      return stored === undefined ? undefined : objectIn(prefix, key, stored.json);
    });
  }

  prefixes(): string[] {
    return [...this.#kinds.keys()];
  }

  exists(prefix: string, key: string): boolean {
    return this.#existing.of(prefix, key, () => this.#store.has(prefix, key));
  }

  isAvailable(prefix: string, key: string): boolean {
    return this.#available.of(prefix, key, () => {
      const object = this.get(prefix, key);
      return object !== undefined && this.problems(prefix, object).length === 0;
    });
  }

  *each(prefix: string, mentioned?: string): Iterable<RawModel> {
    const text = mentioned === undefined ? '' : JSON.stringify(mentioned);
    for (const key of this.#store.keys(prefix)) {
      const stored = this.#store.get(prefix, key);
      if (stored?.json.includes(text)) yield objectIn(prefix, key, stored.json);
    }
  }

  preference(name: string): string {
    return String(this.get('preferences', name)?.Val ?? standardPreference(name) ?? '');
  }
}

/** Limit of the cache. Only invented names could exceed it. */
const MOST_REMEMBERED = 20_000;

/** Cached results by prefix and key. */
class Memory<T> {
  readonly #known = new Map<string, T>();

  of(prefix: string, key: string, find: () => T): T {
    // These are not cached, since their changes do not clear the cache.
    if (UNNAMED.has(prefix)) return find();
    const place = `${prefix}\n${key}`;
    if (this.#known.has(place)) return this.#known.get(place) as T;
    const found = find();
    if (this.#known.size >= MOST_REMEMBERED) this.#known.clear();
    this.#known.set(place, found);
    return found;
  }

  forget(): void {
    this.#known.clear();
  }
}
