import type { RawModel } from '../../models/index.ts';

/** What is in the store, as the rules of a kind of object ask for it. */
export interface Lookup {
  /** An object as it is stored. */
  get(prefix: string, key: string): RawModel | undefined;
  exists(prefix: string, key: string): boolean;
  /** All kinds of objects. */
  prefixes(): string[];
  /** Whether it is there, and everything that it names as well. */
  isAvailable(prefix: string, key: string): boolean;
  /** All objects of a prefix, as they are stored; with `mentioned`, those that have this text as a value somewhere. */
  each(prefix: string, mentioned?: string): Iterable<RawModel>;
  /** A preference of the endpoint, such as `defaultStage`; `''` if it is not set. */
  preference(name: string): string;
}
