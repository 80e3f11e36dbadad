import { createHash } from 'node:crypto';
import { ModelError, type RawModel } from '../../models/index.ts';
import { PREFIXES, type Prefix } from './prefixes/index.ts';
import { fill } from './shape.ts';
import { objectIn, type Store } from './store.ts';

const SHAPE = 'shape';

/** Converts objects stored by older versions of this program: adds new fields and removes obsolete ones. */
export function upgrade(store: Store): void {
  const shape = createHash('sha256').update(JSON.stringify(PREFIXES)).digest();
  if (shape.equals(store.setting(SHAPE, () => new Uint8Array()))) return;
  store.transaction(() => {
    for (const [prefix, kind] of Object.entries(PREFIXES)) {
      for (const key of store.keys(prefix)) {
        const stored = store.get(prefix, key);
        if (stored === undefined) continue;
        const json = filledJson(prefix, kind, objectIn(prefix, key, stored.json));
        if (json !== stored.json) store.put(prefix, key, json, stored.layer);
      }
    }
    store.setSetting(SHAPE, shape);
  });
}

/** Invalid values of fields are replaced by defaults. */
function filledJson(prefix: string, kind: Prefix, object: RawModel): string {
  const fits = ([field, value]: [string, unknown]) => {
    try {
      fill(prefix, kind, { [field]: value });
      return true;
    } catch (error) {
      if (error instanceof ModelError) return false;
      throw error;
    }
  };
  return JSON.stringify(fill(prefix, kind, Object.fromEntries(Object.entries(object).filter(fits))));
}
