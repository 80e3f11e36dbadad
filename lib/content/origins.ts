import { type Origin, wholeFile } from './problem.ts';

/** Where each object of a bundle was read, by type and key. */
export type Origins = ReadonlyMap<string, ReadonlyMap<string, Origin>>;

/** The origin of an object, or its type and key for a bundle that was not read from a folder. */
export function originOf(origins: Origins, type: string, key: string): Origin {
  return origins.get(type)?.get(key) ?? wholeFile(`${type}/${key}`);
}
