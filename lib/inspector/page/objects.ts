import type { Job, Machine, Param, Plugin } from '../../api/known.ts';
import type { PluginProcess, PluginProvider, RawModel } from '../../models/index.ts';
import { ask } from './endpoint.ts';

export type { Job, Machine, Param, Plugin, PluginProcess, PluginProvider, RawModel };

/** The API that only the development endpoint has. */
export const INSPECTOR_API = '/ui/api';

/** Possible key fields. The first one that an object has is its key. */
const KEY_FIELDS = ['Uuid', 'Id', 'ID', 'Name', 'Addr'] as const;

export function keyOf(object: RawModel): string {
  for (const field of KEY_FIELDS) {
    const value = object[field];
    if (typeof value === 'string' && value !== '') return value;
  }
  return '';
}

/** The display name of an object. */
export function nameOf(object: RawModel): string {
  const { Name } = object;
  return typeof Name === 'string' && Name !== '' ? Name : keyOf(object);
}

/** How many names fit into a URL. */
const MOST_ASKED = 100;

/** Definitions of params by name. Unknown ones are left out. */
export async function definitionsOf(
  names: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Param>> {
  const wanted = [...new Set(names)];
  const found: Param[] = [];
  for (let from = 0; from < wanted.length; from += MOST_ASKED) {
    // Filters have no escape for commas, but names of params contain none.
    const part = wanted.slice(from, from + MOST_ASKED).join(',');
    found.push(...(await ask<Param[]>(['params'], { query: { Name: `In(${part})` }, signal })));
  }
  return new Map(found.map((param) => [param.Name, param]));
}
