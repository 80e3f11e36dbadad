/**
 * The values that templates compute with. Go keeps kinds of numbers apart, and knows of each value its type, which its
 * comparisons, its printing and its errors show. Here
 *
 * - a JavaScript number is a float64, as all numbers of JSON are there; integers are `Int`;
 * - a JavaScript string is a byte string (bytes.ts);
 * - `undefined` is nil.
 *
 * None of these gives a template access to a JavaScript property: lists are read by number, maps by key in a `Map`, and
 * structures by the table of their members.
 */
export type Value = undefined | boolean | number | string | Complex | Dict | Int | List | Structure;

/** A value as it comes out of a place of type `interface {}`: an element of a list, an entry of a map. */
export class Boxed {
  readonly value: Value;

  constructor(value: Value) {
    this.value = value;
  }
}

export type Operand = Value | Boxed;

/** The value without its box. */
export function unboxed(operand: Operand): Value {
  return operand instanceof Boxed ? operand.value : operand;
}

export type IntType = 'int' | 'int64' | 'uint8' | 'uint32' | 'uint64';

export class Int {
  readonly type: IntType;
  readonly value: bigint;

  constructor(value: bigint | number, type: IntType = 'int') {
    this.value = typeof value === 'bigint' ? value : BigInt(value);
    this.type = type;
  }

  get isUnsigned(): boolean {
    return this.type.startsWith('uint');
  }
}

export class Complex {
  readonly real: number;
  readonly imaginary: number;

  constructor(real: number, imaginary: number) {
    this.real = real;
    this.imaginary = imaginary;
  }
}

/** A slice. Its elements never change. */
export class List {
  /** For example `[]interface {}`. */
  readonly type: string;
  readonly items: readonly Value[];
  /** A slice that was never made is empty, too, but null in JSON. */
  readonly isNil: boolean;

  constructor(items: readonly Value[], type = '[]interface {}', isNil = false) {
    this.items = items;
    this.type = type;
    this.isNil = isNil;
  }

  item(index: number): Operand {
    const item = this.items[index];
    return this.type === '[]interface {}' ? new Boxed(item) : item;
  }

  get itemType(): string {
    return this.type.slice('[]'.length);
  }
}

/** A map with strings as keys. `set` and `unset` change it, for all who hold it. */
export class Dict {
  /** For example `map[string]interface {}`. */
  readonly type: string;
  readonly entries: Map<string, Value>;
  readonly isNil: boolean;

  constructor(entries: Map<string, Value>, type = 'map[string]interface {}', isNil = false) {
    this.entries = entries;
    this.type = type;
    this.isNil = isNil;
  }

  /** In the order in which Go shows them and ranges over them. */
  get sortedKeys(): string[] {
    return [...this.entries.keys()].sort(compareBytes);
  }

  get(key: string): Operand {
    const value = this.entries.get(key);
    return this.type === 'map[string]interface {}' ? new Boxed(value) : value;
  }

  get itemType(): string {
    return this.type.slice('map[string]'.length);
  }
}

/** Something that can be called: a function, or a method of a structure. */
export interface Callable {
  /** Types of the parameters. */
  readonly parameters: readonly string[];
  /** Type of any number of further ones. */
  readonly rest?: string;
  readonly result: string;
  /** Arguments are of these types. Throws FunctionError for what Go's function gives as an error. */
  readonly call: (work: Work, args: readonly Operand[]) => Operand;
  /** Of `and` and `or`: the truth of an argument that makes it the result, with those behind it left alone. */
  readonly decides?: boolean;
}

/** What a rendering may use up. Each of these throws LimitError where there is no more. */
export interface Work {
  step(count?: number): void;
  /** Called before, or soon after, so many bytes are made. */
  make(bytes: number): void;
  /** Does something that may do the same again, inside of itself: a rendering in a rendering takes ten levels. */
  nested<Result>(inner: () => Result, levels?: number): Result;
}

/** An error of a function, as Go's functions return them: the executor says which function it was. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
}

export interface Field {
  readonly type: string;
  /** Called when a template asks for the field. */
  readonly field: () => Value;
}

export interface StructureOptions {
  text?: () => string;
  jsonText?: () => string;
  isNil?: boolean;
}

/**
 * A struct, or a pointer to one, with the fields and methods that templates may use. What is not in the table does not
 * exist for them.
 */
export class Structure {
  /** For example `*backend.RenderData`. */
  readonly type: string;
  readonly members: ReadonlyMap<string, Callable | Field>;
  /** What its method String gives. */
  readonly text: (() => string) | undefined;
  /** The string that it is in JSON; `text` if there is no other. */
  readonly jsonText: (() => string) | undefined;
  readonly isNil: boolean;

  constructor(
    type: string,
    members: ReadonlyMap<string, Callable | Field>,
    { text, jsonText = text, isNil = false }: StructureOptions = {},
  ) {
    this.type = type;
    this.members = members;
    this.text = text;
    this.jsonText = jsonText;
    this.isNil = isNil;
  }
}

export function isField(member: Callable | Field): member is Field {
  return 'field' in member;
}

/** Byte strings in the order of their bytes. */
export function compareBytes(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
