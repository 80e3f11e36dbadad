import { printf } from '../format/print.ts';
import { kindName, typeName } from '../values/kind.ts';
import {
  Complex,
  compareBytes,
  Dict,
  FunctionError,
  Int,
  List,
  type Operand,
  Structure,
  unboxed,
  type Value,
  type Work,
} from '../values/value.ts';
import { type Functions, heavy, variadic } from './define.ts';

const BAD_TYPE = 'invalid type for comparison';
const INCOMPATIBLE = 'incompatible types for comparison';

/** eq, ne, lt, le, gt and ge. An integer and a float cannot be compared. */
export const COMPARISONS: Functions = {
  eq: variadic(['reflect.Value'], 'reflect.Value', 'bool', (work, others, first) => {
    if (others.length === 0) throw new FunctionError('missing argument for comparison');
    return others.some((other) => equal(work, first, other));
  }),
  ne: comparison((work, one, other) => !equal(work, one, other)),
  lt: comparison((_, one, other) => less(one, other)),
  le: comparison((work, one, other) => less(one, other) || equal(work, one, other)),
  gt: comparison((work, one, other) => !(less(one, other) || equal(work, one, other))),
  ge: comparison((_, one, other) => !less(one, other)),
};

function comparison(compare: (work: Work, one: Operand, other: Operand) => boolean) {
  return heavy(['reflect.Value', 'reflect.Value'], 'bool', compare);
}

type Basic = 'bool' | 'complex' | 'float' | 'integer' | 'string';

function basicKind(value: Value): Basic | undefined {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'string') return 'string';
  if (value instanceof Int) return 'integer';
  return value instanceof Complex ? 'complex' : undefined;
}

function equal(work: Work, first: Operand, second: Operand): boolean {
  const one = unboxed(first);
  const other = unboxed(second);
  const kind = basicKind(one);
  if (kind !== basicKind(other)) {
    if (one !== undefined && other !== undefined) throw new FunctionError(INCOMPATIBLE);
    return false;
  }
  if (kind !== undefined) return equalBasic(one, other);
  if (one === undefined || other === undefined) return isNil(one) && isNil(other);
  if (kindName(one) !== kindName(other))
    throw new FunctionError(
      printf(work, 'non-comparable types %s: %v, %s: %v', [one, typeName(one), typeName(other), other]),
    );
  if (isNil(one) || isNil(other)) return isNil(one) === isNil(other);
  if (other instanceof List || other instanceof Dict)
    throw new FunctionError(printf(work, 'non-comparable type %s: %v', [other, typeName(other)]));
  return one === other;
}

function equalBasic(one: Value, other: Value): boolean {
  if (one instanceof Int && other instanceof Int) return one.value === other.value;
  if (one instanceof Complex && other instanceof Complex)
    return one.real === other.real && one.imaginary === other.imaginary;
  return one === other;
}

function isNil(value: Value): boolean {
  if (value instanceof List || value instanceof Dict || value instanceof Structure) return value.isNil;
  return value === undefined;
}

function less(first: Operand, second: Operand): boolean {
  const one = unboxed(first);
  const other = unboxed(second);
  const kind = basicKind(one);
  const otherKind = basicKind(other);
  if (kind === undefined || otherKind === undefined) throw new FunctionError(BAD_TYPE);
  if (kind !== otherKind) throw new FunctionError(INCOMPATIBLE);
  if (one instanceof Int && other instanceof Int) return one.value < other.value;
  if (typeof one === 'number' && typeof other === 'number') return one < other;
  if (typeof one === 'string' && typeof other === 'string') return compareBytes(one, other) < 0;
  throw new FunctionError(BAD_TYPE);
}
