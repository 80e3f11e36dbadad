import { isAscii, runeAt, runeBytes, runesOf } from '../bytes.ts';

const SPACE = /^[\t\n\v\f\r \u0085\p{Z}]$/u;

export function isSpace(rune: number): boolean {
  return SPACE.test(String.fromCodePoint(rune));
}

/** Maps each rune. Invalid UTF-8 becomes U+FFFD. */
export function mapRunes(text: string, map: (rune: number) => number): string {
  return runesOf(text)
    .map((rune) => runeBytes(map(rune)))
    .join('');
}

/** Go maps one rune to one rune; a rune whose upper case has several is kept. */
export function upperRune(rune: number): number {
  const [only = '', ...others] = String.fromCodePoint(rune).toUpperCase();
  return others.length > 0 ? rune : (only.codePointAt(0) ?? rune);
}

export function lowerRune(rune: number): number {
  return String.fromCodePoint(rune).toLowerCase().codePointAt(0) ?? rune;
}

export function isUpper(rune: number): boolean {
  return /^\p{Lu}$/u.test(String.fromCodePoint(rune));
}

export function isLower(rune: number): boolean {
  return /^\p{Ll}$/u.test(String.fromCodePoint(rune));
}

export function isLetter(rune: number): boolean {
  return /^\p{L}$/u.test(String.fromCodePoint(rune));
}

export function isNumber(rune: number): boolean {
  return /^\p{N}$/u.test(String.fromCodePoint(rune));
}

export function isPunctuation(rune: number): boolean {
  return /^\p{P}$/u.test(String.fromCodePoint(rune));
}

/** Removes the runes for which `drop` is true from both ends. */
export function trimRunes(text: string, drop: (rune: number) => boolean): string {
  let start = 0;
  while (start < text.length) {
    const { value, width } = runeAt(text, start);
    if (!drop(value)) break;
    start += width;
  }
  let end = text.length;
  while (end > start) {
    const last = lastRuneStart(text, end, start);
    if (!drop(runeAt(text.slice(last, end), 0).value)) break;
    end = last;
  }
  return text.slice(start, end);
}

function lastRuneStart(text: string, end: number, least: number): number {
  for (let width = Math.min(4, end - least); width > 1; width--) {
    if (runeAt(text.slice(end - width, end), 0).width === width) return end - width;
  }
  return end - 1;
}

/** Splits `text` at `separator` into at most `most` pieces; into runes if the separator is empty. */
export function split(text: string, separator: string, most = -1): string[] {
  if (most === 0) return [];
  const pieces = separator === '' ? splitRunes(text) : text.split(separator);
  if (most < 0 || pieces.length <= most) return pieces;
  return [...pieces.slice(0, most - 1), pieces.slice(most - 1).join(separator)];
}

function splitRunes(text: string): string[] {
  if (isAscii(text)) return [...text];
  const runes: string[] = [];
  for (let at = 0; at < text.length; ) {
    const { width } = runeAt(text, at);
    runes.push(text.slice(at, at + width));
    at += width;
  }
  return runes;
}
