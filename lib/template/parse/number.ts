import { quote, unquoteCharacter } from '../quote.ts';
import type { TokenKind } from './token.ts';

/** A number in a template. As in Go it has no type: it can be used as each type that can represent its value. */
export interface NumberLiteral {
  readonly text: string;
  readonly int?: bigint;
  readonly uint?: bigint;
  readonly float?: number;
  readonly complex?: { readonly real: number; readonly imaginary: number };
}

const INT = { least: -(1n << 63n), most: (1n << 63n) - 1n };
const UINT = { least: 0n, most: (1n << 64n) - 1n };
const INTEGER =
  /^([+-]?)(0[xX]_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[oO]_?[0-7]+(?:_[0-7]+)*|0[bB]_?[01]+(?:_[01]+)*|0(?:_?[0-7])*|[1-9][0-9]*(?:_[0-9]+)*)$/;
const DECIMAL = /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/;
const HEXADECIMAL = /^([+-]?)0[xX]_?([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?[0-9_]+)$/;

/** Parses the number of a token. Returns Go's error message when it is invalid. */
export function readNumber(text: string, kind: TokenKind): NumberLiteral | string {
  if (kind === 'character') return readCharacter(text);
  if (kind === 'complex') return readComplex(text);
  if (text.endsWith('i')) {
    const imaginary = readFloat(text.slice(0, -1));
    if (imaginary !== undefined) return complexLiteral(text, 0, imaginary);
  }
  const whole = readInteger(text);
  const int = whole !== undefined && within(whole, INT) ? whole : undefined;
  const signed = text.startsWith('-') || text.startsWith('+');
  const uint = whole !== undefined && within(whole, UINT) && (!signed || whole === 0n) ? whole : undefined;
  if (int !== undefined || uint !== undefined) return { text, int, uint, float: Number(int ?? uint) };
  const float = readFloat(text);
  if (float === undefined) return `illegal number syntax: ${quote(text)}`;
  if (!/[.eEpP]/.test(text)) return `integer overflow: ${quote(text)}`;
  return { text, float, ...wholeParts(float) };
}

function readCharacter(text: string): NumberLiteral | string {
  const character = unquoteCharacter(text.slice(1), 0, "'");
  if (character === undefined) return 'invalid syntax';
  if (text.slice(1 + character.width) !== "'") return `malformed character constant: ${text}`;
  const value = BigInt(character.value);
  return { text, int: value, uint: value, float: character.value };
}

function readComplex(text: string): NumberLiteral | string {
  const sign = Math.max(text.lastIndexOf('+'), text.lastIndexOf('-'));
  const exponent = 'eEpP'.includes(text[sign - 1] ?? '');
  const middle = exponent ? Math.max(text.lastIndexOf('+', sign - 1), text.lastIndexOf('-', sign - 1)) : sign;
  const real = readFloat(text.slice(0, middle));
  const imaginary = readFloat(text.slice(middle, -1));
  if (real === undefined || imaginary === undefined) return 'syntax error scanning complex number';
  return complexLiteral(text, real, imaginary);
}

function complexLiteral(text: string, real: number, imaginary: number): NumberLiteral {
  const complex = { real, imaginary };
  return imaginary === 0 ? { text, complex, float: real, ...wholeParts(real) } : { text, complex };
}

/** A float with a whole value can be used as an integer. */
function wholeParts(float: number): { int?: bigint; uint?: bigint } {
  if (!Number.isInteger(float)) return {};
  const whole = BigInt(float);
  return {
    int: within(whole, INT) ? whole : undefined,
    uint: within(whole, UINT) ? whole : undefined,
  };
}

function within(value: bigint, { least, most }: { least: bigint; most: bigint }): boolean {
  return value >= least && value <= most;
}

/** strconv.ParseInt with base 0, of any size. */
export function readInteger(text: string): bigint | undefined {
  const match = INTEGER.exec(text);
  if (match === null) return undefined;
  const [, sign, digits = ''] = match;
  const plain = digits.replaceAll('_', '').replace(/^0(?=[0-7])/, '0o');
  return sign === '-' ? -BigInt(plain) : BigInt(plain);
}

/** strconv.ParseFloat without infinities and NaN. Undefined when it is invalid or too large. */
export function readFloat(text: string): number | undefined {
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal !== null) return readHexadecimal(hexadecimal);
  if (!DECIMAL.test(text)) return undefined;
  const value = Number(text.replaceAll('_', ''));
  return Number.isFinite(value) ? value : undefined;
}

function readHexadecimal([, sign, whole = '', fraction = '', power = '']: RegExpExecArray):
  | number
  | undefined {
  const digits = (whole + fraction).replaceAll('_', '');
  if (digits === '') return undefined;
  const scale = Number(power.replaceAll('_', '')) - 4 * fraction.replaceAll('_', '').length;
  const value = Number(BigInt(`0x${digits}`)) * 2 ** scale;
  if (!Number.isFinite(value)) return undefined;
  return sign === '-' ? -value : value;
}
