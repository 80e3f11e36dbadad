import type { NamePattern, RawModel } from '../../../models/index.ts';
import type { Lookup } from '../lookup.ts';

/** The fields of an object or a part of one. Unknown fields are dropped, as in Go. */
export interface Shape {
  /** All fields with their defaults. A value of another type is refused. */
  readonly fields: Readonly<RawModel>;
  /** Fields that contain objects. Lists without an entry here are lists of strings. */
  readonly parts?: Readonly<Record<string, Part>>;
  /** Fields that are left out when empty (`omitempty`). */
  readonly omitEmpty?: readonly string[];
}

/** A nested object, a list of objects, or a map of objects by name. */
export interface Part {
  readonly holds: 'one' | 'list' | 'map';
  readonly shape: Shape;
}

/** A change of an object. `original` is the object before; undefined for a new one. */
export interface Change {
  readonly original: RawModel | undefined;
  /** `?force=true`: skip checks that only protect from mistakes. */
  readonly force: boolean;
  /** The endpoint advances a job: rules for clients do not apply. */
  readonly byJob: boolean;
  readonly store: Lookup;
}

/** The definition of an object type. */
export interface Prefix extends Shape {
  /** Name of the key field. */
  readonly key: string;
  /** Derives the key from the key field, where they differ. */
  readonly keyOf?: (text: string) => string;
  /** Further fields with unique values, usable as `Name:foo` in place of a key. */
  readonly unique?: readonly string[];
  /** JSON Schema types of further fields with an index. */
  readonly indexed?: Readonly<Record<string, unknown>>;
  /** Formats of string fields, by the names that indexes use. */
  readonly formats?: Readonly<Record<string, 'IP Address' | 'UUID string'>>;
  /** The pattern of keys, and the message for others. */
  readonly name?: { readonly pattern: NamePattern; readonly refusal: string };
  /** Unknown fields are stored as well. */
  readonly open?: boolean;
  /** Fields that answers leave out. */
  readonly hidden?: readonly string[];
  /** `none`: there are no routes. `read`: clients cannot create objects. */
  readonly routes?: 'none' | 'read';
  /** Sets the fields that the endpoint controls. `original` is the object before an update. */
  readonly prepare?: (object: RawModel, original: RawModel | undefined) => void;
  /** Problems of the object by itself. It is refused, also in a content pack. */
  readonly check?: (object: RawModel) => string[];
  /** Applies the consequences of a client's change, and returns the reasons why it is not allowed. */
  readonly change?: (object: RawModel, change: Change) => string[];
  /** References to missing or unavailable objects. The object is stored, with these in Errors. */
  readonly missing?: (object: RawModel, store: Lookup) => string[];
  /** Like `missing`, but a client's object is refused. In a content pack the missing objects may follow. */
  readonly needed?: (object: RawModel, store: Lookup) => string[];
}

export { NAME, NUMBER_NAME, PARAM_NAME } from '../../../models/index.ts';

// Names of object types that content packs do not contain.
export const ENDPOINT_NAME = /^[\p{L}\p{N}][\p{L}\p{N} _.:-]+$/u;
export const USER_NAME = /^\p{L}[\p{L}\p{N} @_.-]+$/u;

export const VALIDATION = { Validated: true, Available: true, Errors: [] } as const;

/** Fields that all objects have. */
export const COMMON = { ...VALIDATION, ReadOnly: false, Meta: {}, Endpoint: '', Bundle: '' } as const;

/** The rights of a role, a task or a job. */
export const CLAIMS: Part = { holds: 'list', shape: { fields: { scope: '', action: '', specific: '' } } };

/** `Invalid Name \`x\`` for each name that does not match the pattern. */
export function invalid(refusal: string, names: unknown, pattern: NamePattern): string[] {
  return (Array.isArray(names) ? names : [names])
    .filter((name) => !pattern.test(String(name)))
    .map((name) => `${refusal} \`${name}\``);
}
