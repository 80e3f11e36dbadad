import type { NamePattern, RawModel } from '../../../models/index.ts';
import type { Lookup } from '../lookup.ts';

/** Fields of an object, or of a part of one. Others are dropped, as in Go. */
export interface Shape {
  /** All fields, with the value that each has when a client leaves it out. A field of another type is refused. */
  readonly fields: Readonly<RawModel>;
  /** Fields that hold objects of a shape of their own. A list that is not here is one of texts. */
  readonly parts?: Readonly<Record<string, Part>>;
  /** Fields that are left out when they hold nothing (`omitempty`). */
  readonly omitEmpty?: readonly string[];
}

/** One object of a shape, a list of such, or a map of them by name. */
export interface Part {
  readonly holds: 'one' | 'list' | 'map';
  readonly shape: Shape;
}

/** How a machine or the like is changed: `original` is the object before; undefined when it is new. */
export interface Change {
  readonly original: RawModel | undefined;
  /** `?force=true`: what is only refused to keep the user from a mistake is done. */
  readonly force: boolean;
  /** The endpoint itself carries a job on: rules for clients do not apply. */
  readonly byJob: boolean;
  readonly store: Lookup;
}

/** What the endpoint knows of one kind of object. */
export interface Prefix extends Shape {
  /** The field that holds the key. */
  readonly key: string;
  /** The key that follows from the field's text, where that is not the text itself. */
  readonly keyOf?: (text: string) => string;
  /** Further fields that no two objects share; usable as `Name:foo` where a key is asked for. */
  readonly unique?: readonly string[];
  /** Types of further fields by which objects can be found, in the words of JSON Schema. */
  readonly indexed?: Readonly<Record<string, unknown>>;
  /** Fields whose texts have a form of their own, by what indexes call it. */
  readonly formats?: Readonly<Record<string, 'IP Address' | 'UUID string'>>;
  /** What a key looks like, and what is said of one that does not. */
  readonly name?: { readonly pattern: NamePattern; readonly refusal: string };
  /** Fields that are not in `fields` are kept as well. */
  readonly open?: boolean;
  /** Fields that no answer shows. */
  readonly hidden?: readonly string[];
  /** `none`: clients have no route to them. `read`: they are not made by clients. */
  readonly routes?: 'none' | 'read';
  /** Sets what the endpoint decides itself. `original` is the object before an update. */
  readonly prepare?: (object: RawModel, original: RawModel | undefined) => void;
  /** What is wrong with an object in itself: it is refused, also in a content pack. */
  readonly check?: (object: RawModel) => string[];
  /** Carries out what a client's change brings with it, and returns why the change is not allowed, if it is not. */
  readonly change?: (object: RawModel, change: Change) => string[];
  /** Why it cannot be used: what it names that is not there or cannot be used. It is kept, and says so in Errors. */
  readonly missing?: (object: RawModel, store: Lookup) => string[];
  /** As `missing`, but a client's object is refused for it. In a content pack, what is missing may still come. */
  readonly needed?: (object: RawModel, store: Lookup) => string[];
}

export { NAME, NUMBER_NAME, PARAM_NAME } from '../../../models/index.ts';

// Names that content packs have no use for.
export const ENDPOINT_NAME = /^[\p{L}\p{N}][\p{L}\p{N} _.:-]+$/u;
export const USER_NAME = /^\p{L}[\p{L}\p{N} @_.-]+$/u;

export const VALIDATION = { Validated: true, Available: true, Errors: [] } as const;

/** What all objects have. */
export const COMMON = { ...VALIDATION, ReadOnly: false, Meta: {}, Endpoint: '', Bundle: '' } as const;

/** What a role, a task or a job may do. */
export const CLAIMS: Part = { holds: 'list', shape: { fields: { scope: '', action: '', specific: '' } } };

/** `Invalid Name \`x\`` for each name that does not look like one. */
export function invalid(refusal: string, names: unknown, pattern: NamePattern): string[] {
  return (Array.isArray(names) ? names : [names])
    .filter((name) => !pattern.test(String(name)))
    .map((name) => `${refusal} \`${name}\``);
}
