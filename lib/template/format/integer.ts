import { MAX_RUNE, runeBytes } from '../bytes.ts';
import { isPrintable, quoteRune } from '../quote.ts';
import { type Flags, pad } from './flags.ts';

const BASES: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

/** Formats an integer by a verb of Go's fmt; undefined if the verb is not for integers. */
export function formatInteger(
  value: bigint,
  unsigned: boolean,
  verb: string,
  flags: Readonly<Flags>,
): string | undefined {
  switch (verb) {
    case 'c':
      return pad(runeBytes(runeOf(value)), flags);
    case 'q':
      return pad(quoteRune(runeOf(value), flags.plus), flags);
    case 'U':
      return pad(unicodePoint(value, flags), { ...flags, zero: false });
  }
  const base = Object.hasOwn(BASES, verb) ? BASES[verb] : undefined;
  if (base === undefined) return undefined;
  if (verb === 'v' && flags.sharpV && unsigned) return based(value, 16, 'v', { ...flags, sharp: true });
  return based(value, base, verb, flags);
}

/** Values beyond the range of runes become U+FFFD. */
function runeOf(value: bigint): number {
  const rune = BigInt.asUintN(64, value);
  return rune > BigInt(MAX_RUNE) ? 0xfffd : Number(rune);
}

function unicodePoint(value: bigint, { sharp, precision = 0 }: Readonly<Flags>): string {
  const unsigned = BigInt.asUintN(64, value);
  const code = `U+${unsigned.toString(16).toUpperCase().padStart(Math.max(precision, 4), '0')}`;
  const visible = unsigned <= BigInt(MAX_RUNE) && isPrintable(Number(unsigned));
  return sharp && visible ? `${code} '${runeBytes(Number(unsigned))}'` : code;
}

function based(value: bigint, base: number, verb: string, flags: Readonly<Flags>): string {
  const { precision, width = 0, zero, plus, space, sharp } = flags;
  const negative = value < 0n;
  if (precision === 0 && value === 0n) return ' '.repeat(width);
  const leftForSign = negative || plus || space ? 1 : 0;
  const least = precision ?? (zero && flags.width !== undefined ? width - leftForSign : 0);
  let digits = (negative ? -value : value).toString(base);
  if (verb === 'X') digits = digits.toUpperCase();
  digits = digits.padStart(least, '0');
  if (sharp && base === 2) digits = `0b${digits}`;
  if (sharp && base === 8 && !digits.startsWith('0')) digits = `0${digits}`;
  if (sharp && base === 16) digits = `${verb === 'X' ? '0X' : '0x'}${digits}`;
  if (verb === 'O') digits = `0o${digits}`;
  const sign = negative ? '-' : plus ? '+' : space ? ' ' : '';
  return pad(sign + digits, { ...flags, zero: false });
}
