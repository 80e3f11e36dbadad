import { type Origin, wholeFile } from './problem.ts';

/** The file of each object of a bundle, by type and key. */
export type Origins = ReadonlyMap<string, ReadonlyMap<string, Origin>>;

/** The origin of an object. For a bundle that was not read from a folder: its type and key. */
export function originOf(origins: Origins, type: string, key: string): Origin {
  return origins.get(type)?.get(key) ?? wholeFile(`${type}/${key}`);
}
