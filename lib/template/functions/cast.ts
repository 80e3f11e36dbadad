import { print } from '../format/print.ts';
import { readFloat, readInteger } from '../parse/number.ts';
import { kindName } from '../values/kind.ts';
import { FunctionError, Int, List, Structure, type Value, type Work } from '../values/value.ts';

/** Go's message when a function inspects the type of nil. */
export const NIL_DEREFERENCE = 'runtime error: invalid memory address or nil pointer dereference';

const LEAST = -(1n << 63n);
const MOST = (1n << 63n) - 1n;

/** A value as string, by sprig's rules. */
export function textOf(work: Work, value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Structure && value.text !== undefined) return value.text();
  return print(work, [value]);
}

/** A value as int64; 0 for anything but numbers. */
export function integerOf(value: Value): bigint {
  if (value instanceof Int) return BigInt.asIntN(64, value.value);
  if (typeof value === 'number') return truncated(value);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value !== 'string') return 0n;
  const whole = readInteger(value.replace(/\.0+$/, ''));
  return whole === undefined || whole < LEAST || whole > MOST ? 0n : whole;
}

/** Go's conversion, which returns the smallest integer for values out of range. */
function truncated(value: number): bigint {
  const whole = Number.isFinite(value) ? BigInt(Math.trunc(value)) : LEAST;
  return whole < LEAST || whole > MOST ? LEAST : whole;
}

/** A value as float64; 0 for anything but numbers. */
export function floatOf(value: Value): number {
  if (value instanceof Int) return Number(value.value);
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string') return 0;
  const special = /^([+-]?)(?:(inf(?:inity)?)|nan)$/i.exec(value);
  if (special === null) return readFloat(value) ?? 0;
  if (special[2] === undefined) return special[1] === '' ? Number.NaN : 0;
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** The items of a list. `problem` begins the error: `Cannot push on type string`. */
export function itemsOf(value: Value, problem: string): readonly Value[] {
  return listOf(value, problem).items;
}

export function listOf(value: Value, problem: string): List {
  if (value instanceof List) return value;
  if (value === undefined) throw new FunctionError(NIL_DEREFERENCE);
  throw new FunctionError(`${problem} ${kindName(value)}`);
}
