import { isObject } from '../../../lib/models/index.ts';
/** `changes` put into `original`, in depth; a null in an object takes its field away. Neither is changed. */
export function merged(original: unknown, changes: unknown): unknown {
  if (!isObject(original) || !isObject(changes)) return changes;
  const result = new Map(Object.entries(original));
  for (const [name, change] of Object.entries(changes)) {
    if (change === null) result.delete(name);
    else result.set(name, merged(result.get(name), change));
  }
  return Object.fromEntries(result);
}
