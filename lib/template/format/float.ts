import { withoutTrailing } from '../trailing.ts';

/** Decimal digits of a positive finite number: 0.DIGITS times ten to the power of `point`, without trailing zeros. */
interface Decimal {
  digits: string;
  point: number;
}

/**
 * `value` in the format of Go's strconv.FormatFloat: `e`, `f`, `g`, or `b` and `x`, which use powers of two. Precision
 * -1 means the fewest digits that identify the number.
 */
export function formatFloat(value: number, format: string, precision: number): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return sign === '' ? '+Inf' : '-Inf';
  switch (format) {
    case 'b':
      return sign + binary(size);
    case 'x':
    case 'X':
      return sign + hexadecimal(size, format, precision);
    case 'e':
    case 'E':
      return sign + exponential(significant(size, precision < 0 ? -1 : precision + 1), format, precision);
    case 'f':
    case 'F':
      return sign + (precision < 0 ? fixed(significant(size, -1), -1) : rounded(size, precision));
    default:
      return sign + general(size, format, precision);
  }
}

function general(size: number, format: string, precision: number): string {
  const shortest = precision < 0;
  // In this range both languages write no exponent and the same digits.
  if (shortest && size >= 1e-4 && size < 1e6) return String(size);
  const asked = Math.max(precision, 1);
  const decimal = significant(size, shortest ? -1 : asked);
  const { point } = decimal;
  const count = Math.max(decimal.digits.length, 1);
  const exponent = point - 1;
  const limit = asked > count && count >= point ? count : asked;
  if (exponent < -4 || exponent >= (shortest ? 6 : limit))
    return exponential(decimal, format === 'G' ? 'E' : 'e', count - 1);
  return fixed(decimal, Math.max(count - point, 0));
}

/** The first `count` digits of the number (rounded half to even), or with -1 as few as identify it. */
function significant(size: number, count: number): Decimal {
  if (size === 0) return { digits: '', point: 1 };
  const [mantissa = '', power = ''] = size.toExponential().split('e');
  const point = Number(power) + 1;
  if (count < 0) return trimmed(mantissa.replace('.', ''), point);
  const digits = scaled(size, count - point).toString();
  return trimmed(digits, point + digits.length - count);
}

function trimmed(digits: string, point: number): Decimal {
  const kept = withoutTrailing(digits, '0');
  return { digits: kept, point };
}

/** `size` times ten to the power of `places`, rounded half to even. */
function scaled(size: number, places: number): bigint {
  const { fraction, power } = parts(size);
  let numerator = fraction;
  let denominator = 1n;
  if (places >= 0) numerator *= 10n ** BigInt(places);
  else denominator *= 10n ** BigInt(-places);
  if (power >= 0) numerator <<= BigInt(power);
  else denominator <<= BigInt(-power);
  const whole = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && (whole & 1n) === 1n);
  return up ? whole + 1n : whole;
}

/** The number as a fraction of at most 53 bits times two to the power of `power`. */
function parts(size: number): { fraction: bigint; power: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, size);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  return exponent === 0
    ? { fraction, power: -1074 }
    : { fraction: fraction | (1n << 52n), power: exponent - 1075 };
}

function rounded(size: number, places: number): string {
  const digits = scaled(size, places)
    .toString()
    .padStart(places + 1, '0');
  const point = digits.length - places;
  return places === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
}

function fixed({ digits, point }: Decimal, places: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  const fraction = point > 0 ? digits.slice(point) : '0'.repeat(-point) + digits;
  const kept = places < 0 ? fraction : fraction.padEnd(places, '0');
  return kept === '' ? whole || '0' : `${whole || '0'}.${kept}`;
}

function exponential({ digits, point }: Decimal, letter: string, precision: number): string {
  const all = digits === '' ? '0' : digits;
  const fraction = all.slice(1).padEnd(Math.max(precision, 0), '0');
  const exponent = digits === '' ? 0 : point - 1;
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${all[0]}${fraction === '' ? '' : `.${fraction}`}${letter}${exponent < 0 ? '-' : '+'}${power}`;
}

function binary(size: number): string {
  const { fraction, power } = parts(size);
  return `${fraction}p${power < 0 ? '-' : '+'}${Math.abs(power)}`;
}

function hexadecimal(size: number, letter: string, precision: number): string {
  let { fraction, power } = parts(size);
  // One bit before the point, and a whole number of digits after it.
  while (fraction !== 0n && fraction < 1n << 52n) {
    fraction <<= 1n;
    power--;
  }
  power += 52;
  if (fraction === 0n) power = 0;
  if (precision >= 0 && precision < 13) {
    const cut = BigInt(4 * (13 - precision));
    const rest = fraction & ((1n << cut) - 1n);
    const half = 1n << (cut - 1n);
    fraction >>= cut;
    if (rest > half || (rest === half && (fraction & 1n) === 1n)) fraction++;
    fraction <<= cut;
    if (fraction >= 1n << 53n) {
      fraction >>= 1n;
      power++;
    }
  }
  const digits = fraction.toString(16).padStart(14, '0');
  let behind = digits.slice(1);
  behind =
    precision < 0
      ? withoutTrailing(behind, '0')
      : behind.padEnd(precision, '0').slice(0, Math.max(precision, 0));
  const exponent = `p${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  const text = `0x${digits[0]}${behind === '' ? '' : `.${behind}`}${exponent}`;
  return letter === 'X' ? text.toUpperCase() : text;
}
