import { quote } from '../quote.ts';
import { FunctionError } from '../values/value.ts';

/** The parts of a URL, which have different escaping rules. */
export type Part = 'fragment' | 'host' | 'path' | 'password' | 'query' | 'zone';

/** Unescaped characters of each part besides letters, digits and `-_.~`. */
const PLAIN: Readonly<Record<Part, string>> = {
  fragment: '$&+,/:;=?@!()*',
  host: '!$&\'()*+,;=:[]<>"',
  path: '$&+,/:;=@',
  password: '$&+,;=',
  query: '',
  zone: '!$&\'()*+,;=:[]<>"',
};

export function isPlain(byte: string, part: Part): boolean {
  return /^[A-Za-z0-9\-_.~]$/.test(byte) || PLAIN[part].includes(byte);
}

/** Go's url.QueryEscape on a byte string. */
export function queryEscape(text: string): string {
  return Array.from(text, (byte) => (byte === ' ' ? '+' : escaped(byte, 'query'))).join('');
}

export function escapePart(text: string, part: Part): string {
  return Array.from(text, (byte) => escaped(byte, part)).join('');
}

function escaped(byte: string, part: Part): string {
  if (isPlain(byte, part)) return byte;
  return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Throws FunctionError for an escape that is invalid, or not allowed in a host. */
export function unescapePart(text: string, part: Part): string {
  const isHost = part === 'host' || part === 'zone';
  let plain = '';
  for (let at = 0; at < text.length; at++) {
    const byte = text.charAt(at);
    if (byte !== '%') {
      if (isHost && byte < '\x80' && !isPlain(byte, part))
        throw new FunctionError(`invalid character ${quote(byte)} in host name`);
      plain += byte;
      continue;
    }
    const sequence = text.slice(at, at + 3);
    const invalid = () => new FunctionError(`invalid URL escape ${quote(sequence)}`);
    if (!/^%[0-9a-fA-F]{2}$/.test(sequence)) throw invalid();
    const value = String.fromCharCode(Number.parseInt(sequence.slice(1), 16));
    if (part === 'host' && value < '\x80' && sequence !== '%25') throw invalid();
    if (part === 'zone' && sequence !== '%25' && value !== ' ' && !isPlain(value, 'host')) throw invalid();
    plain += value;
    at += 2;
  }
  return plain;
}
