import type { Bundle, ContentObject } from './bundle.ts';

/** Types that others refer to come first. */
const ORDER = [
  'params',
  'profiles',
  'templates',
  'tasks',
  'bootenvs',
  'stages',
  'workflows',
  'roles',
  'users',
  'subnets',
];

/**
 * The objects of a bundle in an order in which they can be created one by one: referenced objects come before those
 * that refer to them. Delete them in reverse order.
 */
export function objectsInOrder(bundle: Bundle): { type: string; key: string; object: ContentObject }[] {
  const rank = (type: string) => (ORDER.includes(type) ? ORDER.indexOf(type) : ORDER.length);
  return Object.entries(bundle.sections)
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .flatMap(([type, objects]) => Object.entries(objects).map(([key, object]) => ({ type, key, object })));
}
