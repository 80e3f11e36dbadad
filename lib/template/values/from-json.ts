import { toBytes } from '../bytes.ts';
import { Dict, List, type Value } from './value.ts';

/**
 * JSON data as template values: numbers become floats, objects maps. The data are copied, so that a template that
 * changes a map (`set`) changes only its copy.
 */
export function fromJson(data: unknown): Value {
  switch (typeof data) {
    case 'string':
      return toBytes(data);
    case 'number':
    case 'boolean':
      return data;
    case 'object': {
      if (data === null) return undefined;
      if (Array.isArray(data)) return new List(data.map(fromJson));
      const entries = Object.entries(data).filter(([, value]) => value !== undefined);
      return new Dict(new Map(entries.map(([key, value]) => [toBytes(key), fromJson(value)])));
    }
    default:
      return undefined;
  }
}
