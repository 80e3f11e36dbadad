import type { Bundle, ContentObject } from './bundle.ts';

/** Types whose objects others refer to come first. */
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
 * The objects of a bundle in the order in which an endpoint can be given them one by one, so that each finds what it
 * refers to. To remove them, go from the end to the start.
 */
export function objectsInOrder(bundle: Bundle): { type: string; key: string; object: ContentObject }[] {
  const rank = (type: string) => (ORDER.includes(type) ? ORDER.indexOf(type) : ORDER.length);
  return Object.entries(bundle.sections)
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .flatMap(([type, objects]) => Object.entries(objects).map(([key, object]) => ({ type, key, object })));
}
