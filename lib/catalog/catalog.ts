import {
  compareVersions,
  isObject,
  ModelError,
  type RawModel,
  readVersion,
  type Version,
} from '../models/index.ts';
import { type CatalogItem, readItem } from './item.ts';

/** A catalog: a content pack whose objects are installable items. */
export interface Catalog {
  meta: RawModel;
  /** Items by Id. */
  items: ReadonlyMap<string, CatalogItem>;
}

/** The available versions of an item, as `drpcli catalog items` shows them. */
export interface Offer {
  Type: string;
  /** Sorted. */
  Versions: string[];
}

/** Parses the catalog in a content pack. Throws ModelError 400 that says what is wrong. */
export function readCatalog(value: unknown): Catalog {
  if (!isObject(value) || !isObject(value.sections)) {
    throw new ModelError(400, 'expected a catalog: a content pack with the section catalog_items');
  }
  const { meta, sections } = value;
  const section = sections.catalog_items ?? {};
  if (!isObject(section)) throw new ModelError(400, 'sections.catalog_items: expected an object');
  const items = Object.entries(section).map(([id, item]) => [id, readItem(id, item)] as const);
  return { meta: isObject(meta) ? meta : {}, items: new Map(items) };
}

/** A catalog as a content pack. */
export function catalogPack({ meta, items }: Catalog) {
  return { meta, sections: { catalog_items: Object.fromEntries(items) } };
}

/** The available versions by name. */
export function offers({ items }: Catalog): Record<string, Offer> {
  const found = new Map<string, Offer>();
  for (const { Name, ContentType, Version } of items.values()) {
    const offer = found.get(Name) ?? { Type: ContentType, Versions: [] };
    offer.Versions.push(Version);
    found.set(Name, offer);
  }
  for (const { Versions } of found.values()) Versions.sort();
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Throws ModelError 404. */
export function findItem(catalog: Catalog, name: string, version: string): CatalogItem {
  for (const item of catalog.items.values()) {
    if (item.Name === name && item.Version === version) return item;
  }
  const there = offers(catalog)[name]?.Versions.join(', ');
  const hint = there === undefined ? '' : `; it has ${there}`;
  throw new ModelError(404, `${name} version ${version} not in catalog${hint}`);
}

/** The catalog with only the matching items. */
export function only(catalog: Catalog, wanted: (item: CatalogItem) => boolean): Catalog {
  return { ...catalog, items: new Map([...catalog.items].filter(([, item]) => wanted(item))) };
}

/** Parses a version; undefined when it is invalid. */
export function versionOf(text: string): Version | undefined {
  try {
    return readVersion(text);
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}

/** The newest version. Invalid ones count as the oldest. */
export function newest(versions: readonly string[]): string | undefined {
  return [...versions].sort(byVersion).at(-1);
}

function byVersion(a: string, b: string): number {
  const [first, second] = [versionOf(a), versionOf(b)];
  if (first === undefined || second === undefined)
    return Number(first !== undefined) - Number(second !== undefined) || (a < b ? -1 : 1);
  return compareVersions(first, second) || (a < b ? -1 : 1);
}
