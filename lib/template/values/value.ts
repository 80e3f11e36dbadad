/**
 * Template values. Go distinguishes number types, and shows the types of values in comparisons, output and errors. Here
 *
 * - a JavaScript number is a float64, as all numbers of JSON are; integers are `Int`;
 * - a JavaScript string is a byte string (bytes.ts);
 * - `undefined` is nil.
 *
 * No value gives templates access to JavaScript properties: lists are read by number, maps by key in a `Map`, and
 * structures by their table of members.
 */
export type Value = undefined | boolean | number | string | Complex | Dict | Int | List | Structure;

/** A value from a place of type `interface {}`: an element of a list, an entry of a map. */
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

/** A slice. It is immutable. */
export class List {
  /** For example `[]interface {}`. */
  readonly type: string;
  readonly items: readonly Value[];
  /** A nil slice is empty, but null in JSON. */
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

/** A map with string keys. `set` and `unset` change it for all holders. */
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

  /** In Go's order for printing and `range`. */
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
  /** Type of further parameters. */
  readonly rest?: string;
  readonly result: string;
  /** The arguments have these types. Throws FunctionError where Go's function returns an error. */
  readonly call: (work: Work, args: readonly Operand[]) => Operand;
  /** For `and` and `or`: the truth value of an argument that ends the evaluation and is the result. */
  readonly decides?: boolean;
}

/** The resources of a rendering. Each method throws LimitError when they are used up. */
export interface Work {
  step(count?: number): void;
  /** Counts bytes before or soon after they are made. */
  make(bytes: number): void;
  /** One level deeper, and back: for recursive work that has to be sparing of the stack. */
  enter(levels?: number): void;
  leave(levels?: number): void;
  /** Runs recursive work: a rendering inside of a rendering takes ten levels. */
  nested<Result>(inner: () => Result, levels?: number): Result;
}

/** An error returned by a function. The executor adds the function's name. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
}

export interface Field {
  readonly type: string;
  /** Called when a template uses the field. */
  readonly field: () => Value;
}

export interface StructureOptions {
  text?: () => string;
  jsonText?: () => string;
  isNil?: boolean;
}

/** A struct or a pointer to one, with the fields and methods that templates may use. Others do not exist for them. */
export class Structure {
  /** For example `*backend.RenderData`. */
  readonly type: string;
  readonly members: ReadonlyMap<string, Callable | Field>;
  /** The result of its method String. */
  readonly text: (() => string) | undefined;
  /** Its JSON string; default: `text`. */
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

/** Compares byte strings by bytes. */
export function compareBytes(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
