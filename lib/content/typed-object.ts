import { nearest } from '../models/index.ts';
import { numberText } from '../yaml/index.ts';
import type { ContentObject } from './bundle.ts';
import { fieldsOf, type Shape } from './object-types.ts';
import type { Origin, Problems } from './problem.ts';

const MAX_DEPTH = 200;
const MAX_VALUES = 1_000_000;

/** Limits the number of values read, for objects from one text: aliases can repeat a value many times. */
export interface ValueBudget {
  left: number;
}

/** A budget far above what any content pack needs. */
export function valueBudget(): ValueBudget {
  return { left: MAX_VALUES };
}

export interface TypedObjectOptions {
  /**
   * Convert numbers and booleans to strings where a string is expected, as the endpoint's YAML parser does. JSON is
   * strict.
   */
  yaml: boolean;
  /** Default: a budget for this object alone. */
  budget?: ValueBudget;
}

/**
 * Converts `value` to an object of this type as the endpoint decodes it: field names in their declared case (the
 * endpoint ignores case), empty and unknown fields left out (the latter with a warning), keys sorted. Reports
 * mismatches; returns undefined when `value` is not an object.
 */
export function typedObject(
  value: unknown,
  type: string,
  origin: Origin,
  problems: Problems,
  options: TypedObjectOptions,
): ContentObject | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.error(origin, [], value === null || value === undefined ? 'holds nothing' : 'holds no object');
    return undefined;
  }
  const typer = new ObjectTyper(origin, problems, options);
  const fields = fieldsOf(type);
  return typer.object(value, fields === undefined ? { map: 'any' } : { fields });
}

class ObjectTyper {
  readonly #origin: Origin;
  readonly #problems: Problems;
  readonly #options: TypedObjectOptions;
  readonly #budget: ValueBudget;

  constructor(origin: Origin, problems: Problems, options: TypedObjectOptions) {
    this.#origin = origin;
    this.#problems = problems;
    this.#options = options;
    this.#budget = options.budget ?? valueBudget();
  }

  object(value: object, shape: Exclude<Shape, string | { list: Shape }>): ContentObject {
    return 'map' in shape ? this.#map(value, shape.map, []) : this.#fields(value, shape.fields, []);
  }

  /** The value in this shape; undefined when it is empty or does not match. */
  #read(value: unknown, shape: Shape, path: readonly string[]): unknown {
    this.#budget.left -= 1;
    if (path.length > MAX_DEPTH)
      return this.#refuse(path.slice(0, 5), 'nests too deep; does an alias hold itself?');
    if (this.#budget.left === 0)
      return this.#refuse(path.slice(0, 5), 'holds too many values; do aliases multiply?');
    if (this.#budget.left < 0) return undefined;
    if (shape === 'any') return this.#any(value, path);
    if (value === null || value === undefined) return undefined;
    if (shape === 'text') return this.#text(value, path);
    if (shape === 'flag')
      return typeof value === 'boolean'
        ? value
        : this.#refuse(path, `must be true or false, not ${kind(value)}`);
    if ('list' in shape) return this.#list(value, shape.list, path);
    if (typeof value !== 'object' || Array.isArray(value))
      return this.#refuse(path, `must be an object, not ${kind(value)}`);
    return 'map' in shape ? this.#map(value, shape.map, path) : this.#fields(value, shape.fields, path);
  }

  #any(value: unknown, path: readonly string[]): unknown {
    if (typeof value === 'string') return value.toWellFormed();
    if (typeof value === 'bigint') return Number(value);
    if (typeof value === 'number' && !Number.isFinite(value))
      return this.#refuse(path, `${value} has no form in JSON`);
    if (Array.isArray(value)) return this.#list(value, 'any', path);
    if (typeof value === 'object' && value !== null) return this.#map(value, 'any', path);
    return value;
  }

  #text(value: unknown, path: readonly string[]): string | undefined {
    if (typeof value === 'string') return value.toWellFormed();
    if (this.#options.yaml && (typeof value === 'number' || typeof value === 'bigint'))
      return numberText(value);
    if (this.#options.yaml && typeof value === 'boolean') return String(value);
    return this.#refuse(path, `must be text, not ${kind(value)}`);
  }

  #list(value: unknown, item: Shape, path: readonly string[]): unknown {
    if (!Array.isArray(value)) return this.#refuse(path, `must be a list, not ${kind(value)}`);
    return value.map((entry, index) => this.#read(entry, item, [...path, String(index)]) ?? emptyOf(item));
  }

  #map(value: object, item: Shape, path: readonly string[]): ContentObject {
    const entries = Object.entries(value).map(([key, entry]): [string, unknown] => {
      return [key.toWellFormed(), this.#read(entry, item, [...path, key]) ?? emptyOf(item)];
    });
    return sorted(entries);
  }

  #fields(value: object, fields: Readonly<Record<string, Shape>>, path: readonly string[]): ContentObject {
    const read = new Map<string, unknown>();
    const keys = new Map<string, string>();
    for (const [key, entry] of Object.entries(value)) {
      const name = Object.hasOwn(fields, key) ? key : fieldNamed(key, fields);
      const shape = name === undefined ? undefined : fields[name];
      if (name === undefined || shape === undefined) {
        const [meant] = nearest(key, Object.keys(fields));
        const question = meant === undefined ? '' : `; did you mean ${meant}?`;
        const problem = `is no field of this object and is left out${question}`;
        this.#problems.warning(this.#origin, [...path, key], problem);
        continue;
      }
      const before = keys.get(name);
      // Of several spellings of a field, the last one counts. The endpoint converts YAML to JSON first, with sorted
      // keys.
      const last = before !== undefined && this.#options.yaml && before > key ? before : key;
      if (before !== undefined) {
        const twice = `occurs twice: ${before} is the same field, and ${last} is used`;
        this.#problems.warning(this.#origin, [...path, key], twice);
      }
      if (last !== key) continue;
      keys.set(name, key);
      read.set(name, this.#read(entry, shape, [...path, key]));
    }
    return sorted([...read].filter(([, entry]) => entry !== undefined));
  }

  #refuse(path: readonly string[], text: string): undefined {
    this.#problems.error(this.#origin, path, text);
    return undefined;
  }
}

function fieldNamed(key: string, fields: Readonly<Record<string, Shape>>): string | undefined {
  const folded = key.toLowerCase();
  return Object.keys(fields).find((name) => name.toLowerCase() === folded);
}

/** The endpoint's value for null in place of a list or map. */
function emptyOf(shape: Shape): unknown {
  if (shape === 'text') return '';
  if (shape === 'flag') return false;
  if (shape === 'any') return null;
  return 'list' in shape ? [] : {};
}

function sorted(entries: [string, unknown][]): ContentObject {
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function kind(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return (
    { string: 'text', number: 'a number', boolean: 'true or false' }[String(typeof value)] ?? typeof value
  );
}
