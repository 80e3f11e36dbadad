import { isDeeper, isObject, ModelError, type RawModel } from '../../models/index.ts';
import type { Part, Prefix, Shape } from './prefixes/index.ts';

/** Nesting limit: SQLite reads JSON of up to 1,000 levels, and recursive functions process objects. */
const DEEPEST = 500;

/** Whether a JSON value is nested too deeply for an object. */
export function isTooDeep(value: unknown): boolean {
  return isDeeper(value, DEEPEST);
}

/**
 * `value` with all fields of its type: names in the declared case (clients may use any, as in Go), defaults for absent
 * and null fields. Unknown fields are dropped unless the type is open. Throws ModelError 400 that names a field of the
 * wrong type.
 */
export function fill(name: string, declaration: Prefix, value: unknown): RawModel {
  const refuse: Refuse = (problem) => new ModelError(400, problem, { model: name, type: 'INPUT' });
  if (!isObject(value)) throw refuse(`expected an object, not ${typeName(value)}`);
  if (isTooDeep(value)) throw refuse('nests too deeply');
  return filledShape(declaration, value, '', refuse, declaration.open === true);
}

type Refuse = (problem: string) => ModelError;

function filledShape(shape: Shape, value: RawModel, path: string, refuse: Refuse, open = false): RawModel {
  const known = new Map(Object.keys(shape.fields).map((field) => [field.toLowerCase(), field]));
  const given = new Map<string, unknown>();
  const unknown = new Map<string, unknown>();
  for (const [field, content] of Object.entries(value)) {
    const own = known.get(field.toLowerCase());
    if (own !== undefined) given.set(own, content);
    else if (open) unknown.set(field, content);
  }
  const filled: RawModel = {};
  for (const [field, standard] of Object.entries(shape.fields)) {
    const part = shape.parts?.[field];
    let content = given.get(field) ?? structuredClone(standard);
    const expected = part === undefined ? typeName(standard) : part.holds === 'list' ? 'array' : 'object';
    if (content !== null && standard !== undefined && expected !== 'null' && typeName(content) !== expected)
      throw refuse(`${path}${field}: expected ${expected}, not ${typeName(content)}`);
    if (typeof standard === 'number' && !Number.isSafeInteger(content))
      throw refuse(`${path}${field}: expected a whole number, not ${content}`);
    if (content !== null && part !== undefined)
      content = filledPart(part, content, `${path}${field}`, refuse);
    else if (Array.isArray(standard)) checkTexts(content, `${path}${field}`, refuse);
    // Go clients send empty values for unset fields.
    const entry = content === '' ? standard : content;
    if (!shape.omitEmpty?.includes(field) || !isEmpty(entry)) filled[field] = entry;
  }
  if (isObject(filled.Meta)) checkMeta(filled.Meta, path, refuse);
  return { ...filled, ...Object.fromEntries(unknown) };
}

function filledPart({ holds, shape }: Part, content: unknown, path: string, refuse: Refuse): unknown {
  const one = (item: unknown, at: string) => {
    if (item !== null && !isObject(item)) throw refuse(`${at}: expected object, not ${typeName(item)}`);
    return filledShape(shape, item ?? {}, `${at}.`, refuse);
  };
  if (holds === 'list') return (content as unknown[]).map((item, at) => one(item, `${path}[${at}]`));
  if (holds === 'one') return one(content, path);
  return Object.fromEntries(
    Object.entries(content as RawModel).map(([key, item]) => [key, one(item, `${path}.${key}`)]),
  );
}

function checkTexts(list: unknown, path: string, refuse: Refuse): void {
  for (const [at, item] of (list as unknown[]).entries()) {
    if (typeof item !== 'string') throw refuse(`${path}[${at}]: expected string, not ${typeName(item)}`);
  }
}

function checkMeta(meta: RawModel, path: string, refuse: Refuse): void {
  for (const [field, content] of Object.entries(meta)) {
    if (typeof content !== 'string')
      throw refuse(`${path}Meta.${field}: expected string, not ${typeName(content)}`);
  }
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false || value === null || value === undefined;
}

/** A field with one name or a list of names, as a list. */
export function namesIn(field: unknown): unknown[] {
  if (Array.isArray(field)) return field;
  return field === '' ? [] : [field];
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
