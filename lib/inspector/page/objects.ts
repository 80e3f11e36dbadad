import type { Job, Machine, Param, Plugin } from '../../api/known.ts';
import type { PluginProcess, PluginProvider, RawModel } from '../../models/index.ts';
import { ask } from './endpoint.ts';

export type { Job, Machine, Param, Plugin, PluginProcess, PluginProvider, RawModel };

/** What only this endpoint has, beside the API that all have. */
export const INSPECTOR_API = '/ui/api';

/** Fields that are the key of objects, the first that an object has being it. */
const KEY_FIELDS = ['Uuid', 'Id', 'ID', 'Name', 'Addr'] as const;

export function keyOf(object: RawModel): string {
  for (const field of KEY_FIELDS) {
    const value = object[field];
    if (typeof value === 'string' && value !== '') return value;
  }
  return '';
}

/** What people call an object. */
export function nameOf(object: RawModel): string {
  const { Name } = object;
  return typeof Name === 'string' && Name !== '' ? Name : keyOf(object);
}

/** An address has room for so many names. */
const MOST_ASKED = 100;

/** Definitions of params by name; those that the endpoint does not know are left out. */
export async function definitionsOf(
  names: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Param>> {
  const wanted = [...new Set(names)];
  const found: Param[] = [];
  for (let from = 0; from < wanted.length; from += MOST_ASKED) {
    // A filter has no way to say a comma, which no name of a param has.
    const part = wanted.slice(from, from + MOST_ASKED).join(',');
    found.push(...(await ask<Param[]>(['params'], { query: { Name: `In(${part})` }, signal })));
  }
  return new Map(found.map((param) => [param.Name, param]));
}
