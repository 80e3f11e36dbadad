import { isObject, ModelError, type RawModel } from '../../models/index.ts';
import type { Prefix } from './prefixes.ts';

/** SQLite reads JSON of up to 1,000 levels, and an object goes through functions that call themselves for each. */
const DEEPEST = 500;

/** Whether a JSON value has more levels than an object may have. */
export function isTooDeep(value: unknown, levels = DEEPEST): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isTooDeep(part, levels - 1));
}

/**
 * `value` with every field of its kind: names in the spelling that the declaration has (clients may write them in any
 * case, as in Go), absent and null ones with their defaults, unknown ones as they are.
 * Throws ModelError 400 that names the field when one has a type that it cannot have.
 */
export function fill(name: string, declaration: Prefix, value: unknown): RawModel {
  const refuse = (problem: string) => new ModelError(400, problem, { model: name, type: 'INPUT' });
  if (!isObject(value)) throw refuse(`expected an object, not ${typeName(value)}`);
  if (isTooDeep(value)) throw refuse('nests too deeply');
  const known = new Map(Object.keys(declaration.fields).map((field) => [field.toLowerCase(), field]));
  const given = new Map<string, unknown>();
  for (const [field, content] of Object.entries(value))
    given.set(known.get(field.toLowerCase()) ?? field, content);
  const filled: RawModel = {};
  for (const [field, standard] of Object.entries(declaration.fields)) {
    const content = given.get(field) ?? structuredClone(standard);
    if (standard !== null && typeName(content) !== typeName(standard)) {
      throw refuse(`${field}: expected ${typeName(standard)}, not ${typeName(content)}`);
    }
    // Go clients write out every field that they have nothing for.
    filled[field] = content === '' ? standard : content;
  }
  for (const [field, content] of Object.entries(filled.Meta as RawModel)) {
    if (typeof content !== 'string') throw refuse(`Meta.${field}: expected string, not ${typeName(content)}`);
  }
  for (const field of Object.keys(declaration.references ?? {})) {
    for (const [at, item] of namesIn(filled[field]).entries()) {
      if (typeof item !== 'string') throw refuse(`${field}[${at}]: expected string, not ${typeName(item)}`);
    }
  }
  const unknown = [...given].filter(([field]) => !Object.hasOwn(declaration.fields, field));
  return { ...filled, ...Object.fromEntries(unknown) };
}

/** A field that holds one name or a list of names, as a list. */
export function namesIn(field: unknown): unknown[] {
  if (Array.isArray(field)) return field;
  return field === '' ? [] : [field];
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
