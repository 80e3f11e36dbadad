import { type Flags, pad } from './flags.ts';
import { formatFloat } from './float.ts';

const PRECISIONS: Readonly<Record<string, number>> = {
  v: -1,
  b: -1,
  g: -1,
  G: -1,
  x: -1,
  X: -1,
  f: 6,
  F: 6,
  e: 6,
  E: 6,
};

/** Whether the verb is for floats. */
export function isFloatVerb(verb: string): boolean {
  return Object.hasOwn(PRECISIONS, verb);
}

/** Formats a float by a verb of Go's fmt for which `isFloatVerb` is true. */
export function formatFloatVerb(value: number, verb: string, flags: Readonly<Flags>): string {
  const { plus, space, zero, sharp, sharpV, width } = flags;
  const format = verb === 'v' ? 'g' : verb === 'F' ? 'f' : verb;
  const precision = flags.precision ?? PRECISIONS[verb] ?? -1;
  const plain = formatFloat(value, format, precision);
  let sign = plain[0] === '-' || plain[0] === '+' ? plain[0] : '+';
  let digits = plain[0] === sign ? plain.slice(1) : plain;
  if (space && sign === '+' && !plus) sign = ' ';
  if (digits === 'Inf' || digits === 'NaN') {
    const named = digits === 'Inf' || space || plus;
    return pad(`${named ? sign : ''}${digits}`, { ...flags, zero: false });
  }
  if (sharp && verb !== 'b' && !sharpV) digits = withPoint(digits, format, precision);
  if (!plus && sign === '+') return pad(digits, flags);
  if (zero && width !== undefined) return sign + pad(digits, { ...flags, width: Math.max(width - 1, 0) });
  return pad(sign + digits, flags);
}

/** Applies `#`, which keeps the point and, for `g`, trailing zeros. */
function withPoint(digits: string, format: string, precision: number): string {
  const hexadecimal = format === 'x' || format === 'X';
  const split = hexadecimal ? /^([^pP]*)(.*)$/ : /^([^eEpP]*)(.*)$/;
  const [, number = '', tail = ''] = split.exec(digits) ?? [];
  let missing = 'gGx'.includes(format) ? (precision === -1 ? 6 : precision) : 0;
  const counted = number.replace('.', '').replace(/^0+/, '');
  missing -= counted.length;
  let text = number;
  if (!number.includes('.')) {
    if (number === '0') missing--;
    text += '.';
  }
  return text + '0'.repeat(Math.max(missing, 0)) + tail;
}
