import { print } from '../format/print.ts';
import { type Callable, FunctionError, Int, List, type Value, type Work } from '../values/value.ts';
import { floatOf, integerOf } from './cast.ts';
import { type Decimal, decimalOf, dividedBy, floatFrom, minus, plus, times } from './decimal.ts';
import { type Functions, fn, heavy, variadic } from './define.ts';

const int64 = (value: bigint) => new Int(BigInt.asIntN(64, value), 'int64');
const MOST = (1n << 63n) - 1n;

const largest = folded((one, other) => (other > one ? other : one));

export const MATHS: Functions = {
  int: fn(['interface {}'], 'int', (value) => new Int(integerOf(value))),
  int64: fn(['interface {}'], 'int64', (value) => int64(integerOf(value))),
  float64: fn(['interface {}'], 'float64', floatOf),
  atoi: fn(['string'], 'int', (text) => new Int(atoi(text))),
  toDecimal: heavy(['interface {}'], 'int64', (work, value) => int64(octal(print(work, [value])))),
  add1: fn(['interface {}'], 'int64', (value) => int64(integerOf(value) + 1n)),
  add: variadic([], 'interface {}', 'int64', (_work, values) =>
    int64(values.map(integerOf).reduce((sum, value) => sum + value, 0n)),
  ),
  sub: fn(['interface {}', 'interface {}'], 'int64', (one, other) =>
    int64(integerOf(one) - integerOf(other)),
  ),
  mul: folded((one, other) => BigInt.asIntN(64, one * other)),
  div: fn(['interface {}', 'interface {}'], 'int64', (one, other) => int64(integerOf(one) / divisor(other))),
  mod: fn(['interface {}', 'interface {}'], 'int64', (one, other) => int64(integerOf(one) % divisor(other))),
  max: largest,
  biggest: largest,
  min: folded((one, other) => (other < one ? other : one)),
  maxf: foldedFloats(Math.max),
  minf: foldedFloats(Math.min),
  add1f: fn(['interface {}'], 'float64', (value) => calculated(value, [1], plus)),
  addf: variadic([], 'interface {}', 'float64', (_work, values) => calculated(0, values, plus)),
  subf: variadic(['interface {}'], 'interface {}', 'float64', (_work, values, first) =>
    calculated(first, values, minus),
  ),
  mulf: variadic(['interface {}'], 'interface {}', 'float64', (_work, values, first) =>
    calculated(first, values, times),
  ),
  divf: variadic(['interface {}'], 'interface {}', 'float64', (_work, values, first) =>
    calculated(first, values, dividedBy),
  ),
  ceil: fn(['interface {}'], 'float64', (value) => Math.ceil(floatOf(value))),
  floor: fn(['interface {}'], 'float64', (value) => Math.floor(floatOf(value))),
  round: variadic(['interface {}', 'int'], 'float64', 'float64', (_work, [up = 0.5], value, places) =>
    rounded(floatOf(value), places, up),
  ),
  until: heavy(['int'], '[]int', (work, count) => ints(steps(work, 0, count, count < 0 ? -1 : 1))),
  untilStep: heavy(['int', 'int', 'int'], '[]int', (work, start, stop, step) =>
    ints(steps(work, start, stop, step)),
  ),
  seq: variadic([], 'int', 'string', (work, numbers) => sequence(work, numbers).join(' ')),
};

function folded(combine: (one: bigint, other: bigint) => bigint): Callable {
  return variadic(['interface {}'], 'interface {}', 'int64', (_work, values, first) =>
    int64(values.map(integerOf).reduce(combine, integerOf(first))),
  );
}

function foldedFloats(combine: (one: number, other: number) => number): Callable {
  return variadic(['interface {}'], 'interface {}', 'float64', (_work, values, first) =>
    values.map(floatOf).reduce((one, other) => combine(one, other), floatOf(first)),
  );
}

function divisor(value: Value): bigint {
  const number = integerOf(value);
  if (number === 0n) throw new FunctionError('runtime error: integer divide by zero');
  return number;
}

/** Computes with decimal numbers, so that 0.1 + 0.2 is 0.3. */
function calculated(
  first: Value,
  others: readonly Value[],
  combine: (one: Decimal, other: Decimal) => Decimal,
): number {
  const start = decimalOf(floatOf(first));
  return floatFrom(others.map((other) => decimalOf(floatOf(other))).reduce(combine, start));
}

function rounded(value: number, places: number, up: number): number {
  const scale = 10 ** places;
  const scaled = value * scale;
  const fraction = scaled - Math.trunc(scaled);
  return (fraction >= up ? Math.ceil(scaled) : Math.floor(scaled)) / scale;
}

/** Values out of range become the nearest valid one; invalid text becomes 0. */
function atoi(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) return 0n;
  const value = BigInt(text.replace('+', ''));
  if (value > MOST) return MOST;
  return value < -MOST - 1n ? -MOST - 1n : value;
}

function octal(text: string): bigint {
  const [, sign, digits] = /^([+-]?)([0-7]+)$/.exec(text) ?? [];
  if (digits === undefined) return 0n;
  const value = BigInt(`0o${digits}`) * (sign === '-' ? -1n : 1n);
  return value > MOST || value < -MOST - 1n ? 0n : value;
}

function steps(work: Work, start: number, stop: number, step: number): number[] {
  if (step === 0 || stop < start !== step < 0) return [];
  const count = Math.ceil((stop - start) / step);
  work.make(count * 16);
  return Array.from({ length: count }, (_, index) => start + index * step);
}

function ints(numbers: readonly number[]): List {
  return new List(
    numbers.map((number) => new Int(number)),
    '[]int',
  );
}

function sequence(work: Work, numbers: readonly number[]): number[] {
  const [start = 1, step = 1, end = 1] =
    numbers.length === 1
      ? [1, undefined, numbers[0]]
      : numbers.length === 2
        ? [numbers[0], undefined, numbers[1]]
        : numbers;
  if (numbers.length === 0 || numbers.length > 3) return [];
  const direction = end < start ? -1 : 1;
  if (numbers.length < 3) return steps(work, start, end + direction, direction);
  if (direction < 0 && step > 0) return [];
  return steps(work, start, end + direction, step);
}
