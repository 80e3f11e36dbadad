import type { RawModel } from '../../models/index.ts';
import type { Lookup } from './lookup.ts';
import { standardPreference } from './preferences.ts';
import type { Prefix } from './prefixes/index.ts';
import { objectIn, type Store } from './store.ts';

/** Objects whose availability no other depends on. There may be many, and they change often. */
export const UNNAMED: ReadonlySet<string> = new Set(['machines', 'jobs', 'leases', 'plugins']);

/**
 * Whether objects can be used: what they name must be there, and must be usable itself. Nothing of it is stored, so
 * that it is right whatever came or went; what is found of objects that others name is remembered until one changes.
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

  /** Why an object cannot be used, if it cannot. */
  problems(prefix: string, object: RawModel): string[] {
    const kind = this.#kinds.get(prefix);
    return [...(kind?.needed?.(object, this) ?? []), ...(kind?.missing?.(object, this) ?? [])];
  }

  /** The object with what the rest of the store says of it. */
  judged(prefix: string, object: RawModel): RawModel {
    const kind = this.#kinds.get(prefix);
    if (kind?.needed === undefined && kind?.missing === undefined) return object;
    const Errors = this.problems(prefix, object);
    const judged = { ...object, Available: Errors.length === 0, Errors };
    return Errors.length > 0 && 'Runnable' in object ? { ...judged, Runnable: false } : judged;
  }

  /** To be called after any change of an object that others may name. */
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

/** So many answers are remembered. More names than that are those of a client that makes them up. */
const MOST_REMEMBERED = 20_000;

/** What was found out about objects, by prefix and key. */
class Memory<T> {
  readonly #known = new Map<string, T>();

  of(prefix: string, key: string, find: () => T): T {
    // Nothing is forgotten for the changes of these.
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
