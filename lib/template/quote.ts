import { isAscii, isValidUtf8, MAX_RUNE, REPLACEMENT, type Rune, runeAt, runeBytes } from './bytes.ts';

const ESCAPES = new Map([
  ['a', 7],
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
  ['\\', 92],
]);
const ESCAPED = new Map([...ESCAPES].map(([letter, value]) => [value, letter]));
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Go's unicode.IsPrint. */
export function isPrintable(rune: number): boolean {
  if (rune < 0x7f) return rune >= 0x20;
  return rune <= MAX_RUNE && PRINTABLE.test(String.fromCodePoint(rune));
}

/** `bytes` as a Go string literal (strconv.Quote), with `ascii` in ASCII only, in quotes `mark`. */
export function quote(bytes: string, ascii = false, mark = '"'): string {
  let quoted = mark;
  for (let at = 0; at < bytes.length; ) {
    const rune = runeAt(bytes, at);
    quoted += quotedRune(bytes, at, rune, ascii, mark);
    at += rune.width;
  }
  return quoted + mark;
}

/** A rune as a Go character literal. */
export function quoteRune(value: number, ascii = false): string {
  return quote(runeBytes(value), ascii, "'");
}

function quotedRune(bytes: string, at: number, { value, width }: Rune, ascii: boolean, mark: string): string {
  if (width === 1 && value === REPLACEMENT) return `\\x${hex(bytes.charCodeAt(at), 2)}`;
  const character = bytes.slice(at, at + width);
  if (character === mark || character === '\\') return `\\${character}`;
  if (value < 0x7f && value >= 0x20) return character;
  if (!ascii && isPrintable(value)) return character;
  const letter = ESCAPED.get(value);
  if (letter !== undefined) return `\\${letter}`;
  if (value < 0x20 || value === 0x7f) return `\\x${hex(value, 2)}`;
  return value < 0x10000 ? `\\u${hex(value, 4)}` : `\\U${hex(value, 8)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** Whether `bytes` can be written in backquotes (strconv.CanBackquote). */
export function canBackquote(bytes: string): boolean {
  if (!isValidUtf8(bytes)) return false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes.charCodeAt(at);
    if ((byte < 0x20 && byte !== 9) || byte === 0x60 || byte === 0x7f) return false;
  }
  return !bytes.includes('\xef\xbb\xbf');
}

/** The value of a Go string literal, with its quotes or backquotes. Undefined when it is invalid. */
export function unquote(literal: string): string | undefined {
  const body = literal.slice(1, -1);
  if (literal.startsWith('`')) return body.replaceAll('\r', '');
  if (!body.includes('\\') && isAscii(body)) return body;
  let bytes = '';
  for (let at = 0; at < body.length; ) {
    const read = unquoteCharacter(body, at, '"');
    if (read === undefined) return undefined;
    bytes += read.byte ? String.fromCharCode(read.value) : runeBytes(read.value);
    at += read.width;
  }
  return bytes;
}

/** A character of a literal. `byte`: `value` is a byte, not a code point. */
export interface LiteralCharacter extends Rune {
  byte: boolean;
}

/** The character at `at` of a literal in quotes `mark`. Undefined when it is invalid. */
export function unquoteCharacter(body: string, at: number, mark: string): LiteralCharacter | undefined {
  if (body[at] === mark || at >= body.length) return undefined;
  if (body[at] !== '\\') return { ...runeAt(body, at), byte: false };
  const letter = body[at + 1] ?? '';
  const simple = ESCAPES.get(letter) ?? (letter === mark ? mark.charCodeAt(0) : undefined);
  if (simple !== undefined) return { value: simple, width: 2, byte: false };
  if (/[0-7]/.test(letter)) {
    const digits = /^[0-7]{3}/.exec(body.slice(at + 1))?.[0];
    const value = Number.parseInt(digits ?? '400', 8);
    return value > 255 ? undefined : { value, width: 4, byte: true };
  }
  const length = { x: 2, u: 4, U: 8 }[letter];
  if (length === undefined) return undefined;
  const digits = body.slice(at + 2, at + 2 + length);
  if (digits.length < length || !/^[0-9a-fA-F]+$/.test(digits)) return undefined;
  const value = Number.parseInt(digits, 16);
  if (letter === 'x') return { value, width: 4, byte: true };
  const valid = value <= MAX_RUNE && !(value >= 0xd800 && value <= 0xdfff);
  return valid ? { value, width: 2 + length, byte: false } : undefined;
}
