import { print } from '../format/print.ts';
import { readFloat, readInteger } from '../parse/number.ts';
import { kindName } from '../values/kind.ts';
import { FunctionError, Int, List, Structure, type Value, type Work } from '../values/value.ts';

/** What Go says where a function looks at the type of nil. */
export const NIL_DEREFERENCE = 'runtime error: invalid memory address or nil pointer dereference';

const LEAST = -(1n << 63n);
const MOST = (1n << 63n) - 1n;

/** A value as the text that sprig takes it for. */
export function textOf(work: Work, value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Structure && value.text !== undefined) return value.text();
  return print(work, [value]);
}

/** A value as an int64; 0 for what is no number. */
export function integerOf(value: Value): bigint {
  if (value instanceof Int) return BigInt.asIntN(64, value.value);
  if (typeof value === 'number') return truncated(value);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value !== 'string') return 0n;
  const whole = readInteger(value.replace(/\.0+$/, ''));
  return whole === undefined || whole < LEAST || whole > MOST ? 0n : whole;
}

/** Go's conversion, which gives the least number for those that do not fit. */
function truncated(value: number): bigint {
  const whole = Number.isFinite(value) ? BigInt(Math.trunc(value)) : LEAST;
  return whole < LEAST || whole > MOST ? LEAST : whole;
}

/** A value as a float64; 0 for what is no number. */
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

/** The items of a list, for a function that `verb` names: `Cannot push on type string`. */
export function itemsOf(value: Value, problem: string): readonly Value[] {
  return listOf(value, problem).items;
}

export function listOf(value: Value, problem: string): List {
  if (value instanceof List) return value;
  if (value === undefined) throw new FunctionError(NIL_DEREFERENCE);
  throw new FunctionError(`${problem} ${kindName(value)}`);
}
