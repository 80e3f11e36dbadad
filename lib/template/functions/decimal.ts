import { FunctionError } from '../values/value.ts';

/** A decimal number of any size: `digits` times ten to the power of `power`. */
export interface Decimal {
  readonly digits: bigint;
  readonly power: number;
}

/** Decimal places of a quotient. */
const PLACES = 16;

/** The decimal number that a float is printed as. */
export function decimalOf(value: number): Decimal {
  if (!Number.isFinite(value)) throw new FunctionError(`Cannot create a Decimal from ${value}`);
  const [mantissa = '0', power = '0'] = value.toExponential().split('e');
  const [, fraction = ''] = mantissa.split('.');
  return { digits: BigInt(mantissa.replace('.', '')), power: Number(power) - fraction.length };
}

export function floatFrom({ digits, power }: Decimal): number {
  return Number(`${digits}e${power}`);
}

export function plus(one: Decimal, other: Decimal): Decimal {
  const power = Math.min(one.power, other.power);
  return { digits: scaled(one, power) + scaled(other, power), power };
}

export function minus(one: Decimal, { digits, power }: Decimal): Decimal {
  return plus(one, { digits: -digits, power });
}

export function times(one: Decimal, other: Decimal): Decimal {
  return { digits: one.digits * other.digits, power: one.power + other.power };
}

/** Rounded half away from zero. */
export function dividedBy(one: Decimal, other: Decimal): Decimal {
  if (other.digits === 0n) throw new FunctionError('decimal division by 0');
  const shift = one.power - other.power + PLACES;
  const numerator = shift >= 0 ? one.digits * 10n ** BigInt(shift) : one.digits;
  const denominator = shift >= 0 ? other.digits : other.digits * 10n ** BigInt(-shift);
  const quotient = numerator / denominator;
  const rest = numerator % denominator;
  const size = (value: bigint) => (value < 0n ? -value : value);
  if (size(rest) * 2n < size(denominator)) return { digits: quotient, power: -PLACES };
  const away = rest < 0n === denominator < 0n ? 1n : -1n;
  return { digits: quotient + away, power: -PLACES };
}

function scaled({ digits, power }: Decimal, least: number): bigint {
  return digits * 10n ** BigInt(power - least);
}
