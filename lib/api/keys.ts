import { ModelError, type RawModel } from '../models/index.ts';

/** The key field of each prefix, where it is not `Name`. From the Go package `models`. */
const KEY_FIELDS: Readonly<Record<string, string>> = {
  catalog_items: 'Id',
  endpoints: 'Id',
  jobs: 'Uuid',
  leases: 'Addr',
  machines: 'Uuid',
  pools: 'Id',
  reservations: 'Addr',
  templates: 'ID',
  version_sets: 'Id',
};

const NAMED = new Set([
  ...[
    'bootenvs',
    'contexts',
    'interfaces',
    'params',
    'plugin_providers',
    'plugins',
    'prefs',
    'profiles',
    'roles',
  ],
  ...['stages', 'subnets', 'tasks', 'tenants', 'users', 'workflows'],
]);

/** The name of the key field for objects of `prefix`. Types of a provider have `Id`. */
export function keyField(prefix: string): string {
  const field = Object.hasOwn(KEY_FIELDS, prefix) ? KEY_FIELDS[prefix] : undefined;
  return field ?? (NAMED.has(prefix) ? 'Name' : 'Id');
}

/** The key of `object`. Throws ModelError 400 if it has no key. */
export function keyOf(prefix: string, object: Readonly<RawModel>): string {
  const field = keyField(prefix);
  const key = object[field];
  if (typeof key === 'string' && key !== '') return key;
  throw new ModelError(400, `${field} is empty`, { type: 'CLIENT_ERROR', model: prefix });
}
