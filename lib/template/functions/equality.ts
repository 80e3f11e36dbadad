import { typeName } from '../values/kind.ts';
import {
  Complex,
  Dict,
  FunctionError,
  Int,
  List,
  Structure,
  type Value,
  type Work,
} from '../values/value.ts';

const DEPTH_LIMIT = 200;
/** Bytes counted for a copied value. */
const NODE = 100;

/** Go's reflect.DeepEqual. */
export function deepEqual(work: Work, one: Value, other: Value, depth = 0): boolean {
  work.step();
  if (depth > DEPTH_LIMIT) throw new FunctionError(`more than ${DEPTH_LIMIT} levels to compare`);
  if (typeName(one) !== typeName(other)) return false;
  if (one instanceof Int && other instanceof Int) return one.value === other.value;
  if (one instanceof Complex && other instanceof Complex)
    return one.real === other.real && one.imaginary === other.imaginary;
  if (one instanceof List && other instanceof List)
    return (
      one.isNil === other.isNil &&
      one.items.length === other.items.length &&
      one.items.every((item, index) => deepEqual(work, item, other.items[index], depth + 1))
    );
  if (one instanceof Dict && other instanceof Dict)
    return (
      one.isNil === other.isNil &&
      one.entries.size === other.entries.size &&
      [...one.entries].every(
        ([key, value]) => other.entries.has(key) && deepEqual(work, value, other.entries.get(key), depth + 1),
      )
    );
  if (one instanceof Structure && other instanceof Structure && one.text !== undefined)
    return one.text() === other.text?.();
  return one === other;
}

/** A deep copy of everything mutable. */
export function deepCopy(work: Work, value: Value): Value {
  if (value === undefined) throw new FunctionError('reflect: call of reflect.Value.Type on zero Value');
  return copyOf(work, value, 0);
}

function copyOf(work: Work, value: Value, depth: number): Value {
  work.step();
  work.make(NODE);
  if (depth > DEPTH_LIMIT) throw new FunctionError(`more than ${DEPTH_LIMIT} levels to copy`);
  if (value instanceof List)
    return new List(
      value.items.map((item) => copyOf(work, item, depth + 1)),
      value.type,
      value.isNil,
    );
  if (!(value instanceof Dict)) return value;
  const entries = [...value.entries].map(([key, item]) => [key, copyOf(work, item, depth + 1)] as const);
  return new Dict(new Map(entries), value.type, value.isNil);
}
