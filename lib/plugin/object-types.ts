import type { KnownObjects } from '../api/index.ts';
import type { OBJECT_PREFIXES, RawModel } from '../models/index.ts';

/**
 * Object types that a provider brings: prefix to field schemas, or {} for any fields. `isrequired` in a schema makes
 * its field mandatory.
 */
export type StoreObjects = Readonly<Record<string, object>>;

/** For a provider without its own object types. */
export type NoObjects = Readonly<Record<never, never>>;

/** What an action can be called on: a kind of object that endpoints have, a type of the provider, or `system`. */
export type ModelName<S = NoObjects> =
  | (typeof OBJECT_PREFIXES)[number]
  | keyof KnownObjects
  | 'system'
  | (keyof S & string);

/**
 * The object that an action on `M` gets. It has no known fields (RawModel) for kinds without a type here, for the
 * system (global profile or {}), and when the kind is not known.
 */
export type ModelOf<S, M> = [ModelName<S>] extends [M] ? RawModel : ObjectOf<S, M>;

type ObjectOf<S, M> = M extends keyof S
  ? StoredObject<S[M]>
  : M extends keyof KnownObjects
    ? Members<KnownObjects[M]>
    : RawModel;

/** Turns an interface into a type alias, so that it can be passed where any object is accepted. */
type Members<T> = { [K in keyof T]: T[K] };

/** An object of a provider's type, typed by the schemas of its fields. */
export type StoredObject<F> = Members<
  {
    Id: string;
    Type: string;
    Description: string;
    Documentation: string;
    Params: RawModel;
  } & (keyof F extends never
    ? RawModel
    : { [K in keyof F as IsRequired<F[K]> extends true ? K : never]: Value<F[K]> } & {
        [K in keyof F as IsRequired<F[K]> extends true ? never : K]?: Value<F[K]>;
      })
>;

type IsRequired<F> = F extends { readonly isrequired: true } ? true : false;

/** The values that a schema allows, by its `type`, `enum`, `items` and `properties`. */
type Value<F> = F extends { readonly enum: readonly (infer Allowed)[] }
  ? Allowed
  : F extends { readonly type: infer Name }
    ? Name extends 'array'
      ? F extends { readonly items: infer Item }
        ? Value<Item>[]
        : unknown[]
      : Name extends 'object'
        ? F extends { readonly properties: infer Fields }
          ? { [K in keyof Fields]?: Value<Fields[K]> }
          : RawModel
        : Name extends keyof Plain
          ? Plain[Name]
          : unknown
    : unknown;

interface Plain {
  boolean: boolean;
  integer: number;
  null: null;
  number: number;
  string: string;
}
