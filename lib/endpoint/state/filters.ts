import { runInNewContext } from 'node:vm';
import { isObject, ModelError, type RawModel } from '../../models/index.ts';
import type { Found, Objects } from './objects.ts';

/** Query parameters that change the form of a list, not its content. */
const MODIFIERS: ReadonlySet<string> = new Set([
  'offset',
  'limit',
  'sort',
  'reverse',
  'slim',
  'params',
  'decode',
  'aggregate',
  'token',
  'force',
]);

/** Time limit for a regular expression over all objects, since some would take hours for a single name. */
const REGEX_LIMIT_MS = 1_000;

type Test = (found: Found) => boolean;

/** A value by which objects can be filtered and sorted. */
interface Index {
  type: 'string' | 'number' | 'boolean' | 'list' | 'any';
  /** The format of its strings, shown to clients in place of the type. */
  format?: string | undefined;
  value: (found: Found) => unknown;
}

/** The keys of selected objects, in order. Only keys, so that a list takes little memory. */
export interface Selection {
  keys: string[];
  /** The number of objects of the prefix. */
  total: number;
  /** The number of objects that pass the filters, before offset and limit. */
  filtered: number;
}

/** Throws ModelError 406 for an invalid filter, as dr-provision does. */
export function select(objects: Objects, prefix: string, query: URLSearchParams): Selection {
  const refuse = (problem: string) => new ModelError(406, problem, { model: prefix, type: 'GET' });
  const all = objects.store.keys(prefix);
  const tests = [...new Set(query.keys())]
    .filter((name) => !MODIFIERS.has(name))
    .map((name) => anyOf(query.getAll(name).map((filter) => parseFilter(name, filter, indexOf(name)))));
  const sorts = query.getAll('sort').map(indexOf);
  let keys = all;
  if (tests.length > 0 || sorts.length > 0) {
    const rows: { key: string; ranks: unknown[] }[] = [];
    for (const key of all) {
      const found = objects.find(prefix, key);
      if (found === undefined || !tests.every((test) => test(found))) continue;
      rows.push({ key, ranks: sorts.map((index) => index.value(found)) });
    }
    if (sorts.length > 0) rows.sort((a, b) => compareRanks(a.ranks, b.ranks));
    keys = rows.map(({ key }) => key);
  }
  if (query.has('reverse') && query.get('reverse') !== 'false') keys = keys.reverse();
  const filtered = keys.length;
  const offset = wholeNumber('offset') ?? 0;
  const limit = wholeNumber('limit');
  keys = keys.slice(offset, limit === undefined ? undefined : offset + limit);
  return { keys, total: all.length, filtered };

  function wholeNumber(name: string): number | undefined {
    const text = query.get(name);
    if (text === null) return undefined;
    if (/^-\d+$/.test(text)) throw refuse(`${name === 'limit' ? 'Limit' : 'Offset'} cannot be negative`);
    if (!/^\d+$/.test(text)) throw refuse(`${name} not valid: ${text}`);
    return Number(text);
  }

  function indexOf(name: string): Index {
    const index = findIndex(objects, prefix, name);
    if (index === undefined) throw refuse(`Filter not found: ${name}`);
    return index;
  }

  function parseFilter(name: string, filter: string, index: Index): Test {
    const [, operator = 'Eq', inner = filter] = /^([A-Z][a-z]+)\((.*)\)$/s.exec(filter) ?? [];
    const make = OPERATORS[operator];
    try {
      if (operator === 'Re') return matching(index, new RegExp(inner, 'u'));
      if (make === undefined) return OPERATORS.Eq?.(index, [filter], filter) ?? (() => false);
      return make(index, inner.split(','), inner);
    } catch (error) {
      throw refuse(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Matches all values in one script, because only a whole script can have a time limit. */
  function matching(index: Index, expression: RegExp): Test {
    const values = all.map((key) => {
      const found = objects.find(prefix, key);
      return found === undefined ? undefined : index.value(found);
    });
    const script = 'values.map((value) => typeof value === "string" && expression.test(value))';
    const matches: boolean[] = runInNewContext(script, { values, expression }, { timeout: REGEX_LIMIT_MS });
    const keys = new Set(all.filter((_key, at) => matches[at]));
    return ({ key }) => keys.has(key);
  }
}

/** The indexes of a prefix, as in `GET /indexes/PREFIX`. */
export function indexes(objects: Objects, prefix: string): Record<string, RawModel> | undefined {
  const kind = objects.kind(prefix);
  if (kind === undefined) return undefined;
  const names = [
    'Key',
    'Valid',
    ...Object.keys(kind.fields).filter((field) => !kind.hidden?.includes(field)),
  ];
  const shown = names.flatMap((name): [string, RawModel][] => {
    const index = findIndex(objects, prefix, name);
    if (index === undefined || index.type === 'any') return [];
    const unique = name === 'Key' || name === kind.key || kind.unique?.includes(name) === true;
    return [[name, indexJson(index, unique)]];
  });
  return Object.fromEntries(shown);
}

/** An index: a field, `Meta.FIELD`, or a param. Undefined for other names. */
export function oneIndex(objects: Objects, prefix: string, name: string): RawModel | undefined {
  const fields = indexes(objects, prefix) ?? {};
  if (Object.hasOwn(fields, name)) return fields[name];
  const index = findIndex(objects, prefix, name);
  return index === undefined ? undefined : indexJson(index, false);
}

function indexJson(index: Index, unique: boolean): RawModel {
  const unordered = index.type === 'boolean' || index.type === 'list';
  const type = index.format ?? (index.type === 'any' ? 'parameter' : index.type);
  const isText = index.type === 'string' && index.format === undefined;
  return { Type: type, Unique: unique, Unordered: unordered, Regex: isText };
}

function findIndex(objects: Objects, prefix: string, name: string): Index | undefined {
  const kind = objects.kind(prefix);
  if (kind === undefined || kind.hidden?.includes(name)) return undefined;
  if (name === 'Key') return { type: 'string', value: ({ key }) => key };
  if (name === 'Valid') return { type: 'boolean', value: ({ object }) => object.Validated };
  if (name === 'Params' && 'Params' in kind.fields) {
    return {
      type: 'list',
      value: ({ object }) => (isObject(object.Params) ? Object.keys(object.Params) : []),
    };
  }
  const value = ({ object }: Found) => object[name];
  const standard = Object.hasOwn(kind.fields, name) ? kind.fields[name] : undefined;
  if (standard !== undefined)
    return {
      type: indexType(Array.isArray(standard) ? 'array' : typeof standard),
      format: kind.formats?.[name],
      value,
    };
  if (Object.hasOwn(kind.indexed ?? {}, name)) return { type: indexType(kind.indexed?.[name]), value };
  if (name.startsWith('Meta.')) {
    const field = name.slice('Meta.'.length);
    return {
      type: 'string',
      value: ({ object: { Meta } }) =>
        isObject(Meta) && Object.hasOwn(Meta, field) ? Meta[field] : undefined,
    };
  }
  if ('Params' in kind.fields && objects.params.exists(name)) {
    return {
      type: 'any',
      value({ key, object }) {
        const own = objects.params.of(prefix, key, object, { aggregate: true });
        return Object.hasOwn(own, name) ? own[name] : objects.params.default(name)?.value;
      },
    };
  }
  return undefined;
}

function indexType(type: unknown): Index['type'] {
  if (type === 'array') return 'list';
  if (type === 'integer') return 'number';
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'any';
}

type MakeTest = (index: Index, values: readonly string[], whole: string) => Test;

const comparison =
  (holds: (order: number) => boolean): MakeTest =>
  (index, _values, whole) => {
    const bound = parseValue(index, whole);
    return (found) => {
      const value = index.value(found);
      return value !== undefined && holds(compare(value, bound));
    };
  };

const OPERATORS: Readonly<Record<string, MakeTest>> = {
  Eq: equality,
  Ne: (index, values, whole) => not(equality(index, values, whole)),
  Lt: comparison((order) => order < 0),
  Lte: comparison((order) => order <= 0),
  Gt: comparison((order) => order > 0),
  Gte: comparison((order) => order >= 0),
  In: (index, values) => anyOf(values.map((value) => equality(index, [value], value))),
  Nin: (index, values) => not(anyOf(values.map((value) => equality(index, [value], value)))),
  Between: between,
  Except: (index, values, whole) => not(between(index, values, whole)),
};

function equality(index: Index, values: readonly string[], whole: string): Test {
  if (index.type === 'list') {
    const wanted = values.map((value) => value.trim());
    return (found) => {
      const list = index.value(found);
      return Array.isArray(list) && wanted.every((value) => list.includes(value));
    };
  }
  const wanted = parseValue(index, whole);
  return (found) => {
    const value = index.value(found);
    return value !== undefined && compare(value, wanted) === 0;
  };
}

function between(index: Index, values: readonly string[], whole: string): Test {
  if (values.length !== 2) throw new Error(`two bounds are needed, not ${whole}`);
  const [low, high] = values.map((value) => parseValue(index, value));
  return (found) => {
    const value = index.value(found);
    return value !== undefined && compare(value, low) >= 0 && compare(value, high) <= 0;
  };
}

function anyOf(tests: readonly Test[]): Test {
  return (found) => tests.some((test) => test(found));
}

function not(test: Test): Test {
  return (found) => !test(found);
}

/**
 * Converts a filter's text to the type of the index. For params, which may have any type, it is parsed as JSON if
 * possible.
 */
function parseValue({ type }: Index, text: string): unknown {
  if (type === 'boolean') {
    if (text !== 'true' && text !== 'false') throw new Error('must be true or false');
    return text === 'true';
  }
  if (type === 'number') {
    const number = Number(text);
    if (text.trim() === '' || Number.isNaN(number)) throw new Error(`not a number: ${text}`);
    return number;
  }
  if (type === 'any') {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  return text;
}

function compareRanks(a: readonly unknown[], b: readonly unknown[]): number {
  for (const [at, rank] of a.entries()) {
    const order = compare(rank, b[at]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Compares numbers by value and other types as text. Absent values come first. */
function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [sortText(a), sortText(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function sortText(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
