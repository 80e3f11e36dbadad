import { isTrue } from '../values/kind.ts';
import { Dict, FunctionError, List, Structure, type Value, type Work } from '../values/value.ts';

const DEPTH_LIMIT = 200;

/**
 * Merges maps as the package mergo does: members of the target are kept unless they are empty or `overwrite` is set.
 */
export function mergeInto(work: Work, target: Dict, source: Dict, overwrite: boolean, depth = 0): void {
  if (depth > DEPTH_LIMIT) throw new FunctionError(`more than ${DEPTH_LIMIT} levels to merge`);
  // A copy, since source and target may be the same.
  for (const [key, value] of [...source.entries]) {
    work.step();
    work.make(key.length);
    const there = target.entries.get(key);
    if (value instanceof Dict && there instanceof Dict) {
      if (there !== value) mergeInto(work, there, value, overwrite, depth + 1);
      if (isFull(there)) continue;
    }
    const nil = value === undefined || ((value instanceof List || value instanceof Dict) && value.isNil);
    if (nil && !overwrite) continue;
    if (value instanceof List && (!isFull(target) || overwrite)) target.entries.set(key, value);
    if ((value instanceof List || value instanceof Dict) && isFull(there)) {
      continue;
    }
    if (overwrite || !isFull(there)) target.entries.set(key, value);
  }
}

function isFull(value: Value): boolean {
  return value instanceof Structure ? !value.isNil : isTrue(value);
}
