import { isObject } from '../../models/index.ts';
import { toBytes } from '../bytes.ts';
import { type Field, List, Structure } from '../values/value.ts';
import { field, goValue, type Members } from './members.ts';

/** Model fields that are Go maps; other objects are structs. */
const MAPS: Readonly<Record<string, string>> = {
  Params: 'map[string]interface {}',
  Meta: 'map[string]string',
  Loaders: 'map[string]string',
  Partial: 'map[string]interface {}',
};

/**
 * An object of the API as a Go struct: its fields, with integers for numbers. Fields and methods of `own` take
 * precedence.
 */
export function structureOf(
  type: string,
  object: Readonly<Record<string, unknown>>,
  own: Members = new Map(),
): Structure {
  const fields = Object.keys(object).map((name) => [toBytes(name), fieldOf(name, object)] as const);
  return new Structure(type, new Map([...fields, ...own]));
}

/** A nil pointer to a struct type. */
export function nothing(type: string): Structure {
  return new Structure(type, new Map(), { isNil: true });
}

function fieldOf(name: string, object: Readonly<Record<string, unknown>>): Field {
  const data = object[name];
  switch (typeof data) {
    case 'string':
    case 'boolean':
      return field(typeof data === 'string' ? 'string' : 'bool', () => object[name]);
    case 'number':
      return field(Number.isInteger(data) ? 'int' : 'float64', () => object[name]);
    default:
      if (Array.isArray(data)) return listField(name, data);
      if (Object.hasOwn(MAPS, name)) return field(MAPS[name] ?? '', () => object[name]);
      if (isObject(data)) return field(`models.${name}`, () => structureOf(`models.${name}`, data));
      return field('interface {}', () => data);
  }
}

function listField(name: string, data: readonly unknown[]): Field {
  if (!data.every(isObject)) {
    const type = data.every((item) => typeof item === 'string') ? '[]string' : '[]interface {}';
    return field(type, () => goValue(type, data));
  }
  if (data.length === 0) return field('[]string', () => []);
  const type = `models.${name}`;
  return field(
    `[]${type}`,
    () =>
      new List(
        data.map((item) => structureOf(type, item)),
        `[]${type}`,
      ),
  );
}
