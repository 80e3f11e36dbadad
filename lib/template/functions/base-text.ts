import { FunctionError } from '../values/value.ts';

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function encodeBase64(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64');
}

export function encodeBase32(text: string): string {
  let encoded = '';
  for (let at = 0; at < text.length; at += 5) {
    const bytes = Array.from(text.slice(at, at + 5), (byte) =>
      byte.charCodeAt(0).toString(2).padStart(8, '0'),
    );
    const digits = bytes.join('').match(/.{1,5}/g) ?? [];
    const letters = digits.map((digit) => BASE32[Number.parseInt(digit.padEnd(5, '0'), 2)]);
    encoded += letters.join('').padEnd(8, '=');
  }
  return encoded;
}

/** Throws FunctionError that names the first invalid byte in the counting of Go's decoder, without line breaks. */
export function decodeBase64(text: string): string {
  const illegal = (at: number) => new FunctionError(`illegal base64 data at input byte ${at}`);
  const afterBreaks = (from: number) => from + (/^[\r\n]*/.exec(text.slice(from))?.[0].length ?? 0);
  let digits: number[] = [];
  let decoded = '';
  for (let at = afterBreaks(0); at < text.length; at = afterBreaks(at + 1)) {
    const character = text.charAt(at);
    const digit = BASE64.indexOf(character);
    if (digit >= 0) {
      digits.push(digit);
      if (digits.length === 4) {
        decoded += bytesOf(digits, 6);
        digits = [];
      }
      continue;
    }
    if (character !== '=' || digits.length < 2) throw illegal(at);
    let next = afterBreaks(at + 1);
    if (digits.length === 2) {
      if (next >= text.length) throw illegal(text.length);
      if (text[next] !== '=') throw illegal(next - 1);
      next = afterBreaks(next + 1);
    }
    if (next < text.length) throw illegal(next);
    return decoded + bytesOf(digits, 6);
  }
  if (digits.length > 0) throw illegal(text.length - digits.length);
  return decoded;
}

/** Throws FunctionError like `decodeBase64`. */
export function decodeBase32(text: string): string {
  const source = text.replace(/[\r\n]/g, '');
  const illegal = (at: number) => new FunctionError(`illegal base32 data at input byte ${at}`);
  let digits: number[] = [];
  let decoded = '';
  for (let at = 0; at < source.length; at++) {
    const left = source.length - at - 1;
    if (source[at] === '=' && digits.length >= 2 && left < 8) {
      const missing = 7 - digits.length;
      if (left < missing) throw illegal(source.length);
      const padding = source.slice(at + 1, at + 1 + missing);
      const odd = padding.search(/[^=]/);
      if (odd >= 0) throw illegal(at + odd);
      if (digits.length === 3 || digits.length === 6) throw illegal(at);
      return decoded + bytesOf(digits, 5);
    }
    const digit = BASE32.indexOf(source.charAt(at));
    if (digit < 0) throw illegal(at);
    digits.push(digit);
    if (digits.length === 8) {
      decoded += bytesOf(digits, 5);
      digits = [];
    }
  }
  if (digits.length > 0) throw illegal(source.length - digits.length);
  return decoded;
}

/** Joins digits of `bits` bits into whole bytes. */
function bytesOf(digits: readonly number[], bits: number): string {
  const binary = digits.map((digit) => digit.toString(2).padStart(bits, '0')).join('');
  const bytes = binary.match(/.{8}/g) ?? [];
  return bytes.map((byte) => String.fromCharCode(Number.parseInt(byte, 2))).join('');
}
