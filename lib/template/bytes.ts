/**
 * Go's strings are bytes, and templates count, cut and compare them as bytes. The engine represents them as "byte
 * strings": JavaScript strings in which each character is one byte of the UTF-8 text. Texts are converted at the
 * borders of the engine.
 */

const BEYOND_ASCII = /[\u0080-\uffff]/;

export const REPLACEMENT = 0xfffd;
export const MAX_RUNE = 0x10ffff;

export function isAscii(text: string): boolean {
  return !BEYOND_ASCII.test(text);
}

/** The byte string of a text. */
export function toBytes(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** The text of a byte string. Each byte that is not valid UTF-8 becomes U+FFFD, as in Go. */
export function fromBytes(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  if (isValidUtf8(bytes)) return Buffer.from(bytes, 'latin1').toString('utf8');
  return runesOf(bytes)
    .map((rune) => String.fromCodePoint(rune))
    .join('');
}

export interface Rune {
  /** Code point; U+FFFD for a byte that begins no valid sequence. */
  value: number;
  /** In bytes. */
  width: number;
}

/** The rune at `at`, which must be inside of `bytes`. */
export function runeAt(bytes: string, at: number): Rune {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return { value: first, width: 1 };
  const width = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + width > bytes.length) return { value: REPLACEMENT, width: 1 };
  let value = first & (0x7f >> width);
  for (let index = at + 1; index < at + width; index++) {
    const byte = bytes.charCodeAt(index);
    if ((byte & 0xc0) !== 0x80) return { value: REPLACEMENT, width: 1 };
    value = (value << 6) | (byte & 0x3f);
  }
  const tooShort = (width === 3 && value < 0x800) || (width === 4 && value < 0x10000);
  if (tooShort || value > MAX_RUNE || (value >= 0xd800 && value <= 0xdfff))
    return { value: REPLACEMENT, width: 1 };
  return { value, width };
}

/** The runes of a byte string, as Go's `range` yields them. */
export function runesOf(bytes: string): number[] {
  const runes: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { value, width } = runeAt(bytes, at);
    runes.push(value);
    at += width;
  }
  return runes;
}

/** The UTF-8 bytes of a code point; those of U+FFFD for an invalid one. */
export function runeBytes(value: number): string {
  if (value >= 0 && value < 0x80) return String.fromCharCode(value);
  const valid = value >= 0 && value <= MAX_RUNE && !(value >= 0xd800 && value <= 0xdfff);
  return toBytes(String.fromCodePoint(valid ? value : REPLACEMENT));
}

export function isValidUtf8(bytes: string): boolean {
  if (isAscii(bytes)) return true;
  for (let at = 0; at < bytes.length; ) {
    const { value, width } = runeAt(bytes, at);
    if (value === REPLACEMENT && width === 1) return false;
    at += width;
  }
  return true;
}
