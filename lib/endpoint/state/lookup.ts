import type { RawModel } from '../../models/index.ts';

/** Read access to the store, for rules that involve other objects. */
export interface Lookup {
  /** An object as stored. */
  get(prefix: string, key: string): RawModel | undefined;
  exists(prefix: string, key: string): boolean;
  /** All object types. */
  prefixes(): string[];
  /** Whether the object and everything that it refers to exist. */
  isAvailable(prefix: string, key: string): boolean;
  /** All objects of a prefix as stored; with `mentioned`, only those that contain this text as a value. */
  each(prefix: string, mentioned?: string): Iterable<RawModel>;
  /** The endpoint's preference `name`, such as `defaultStage`; `''` if it is not set. */
  preference(name: string): string;
}
