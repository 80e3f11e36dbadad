import { runeAt, runeBytes, runesOf } from '../bytes.ts';
import { print } from '../format/print.ts';
import { quote } from '../quote.ts';
import { Dict, FunctionError, List, type Value, type Work } from '../values/value.ts';
import { textOf } from './cast.ts';
import {
  isLetter,
  isLower,
  isNumber,
  isSpace,
  isUpper,
  lowerRune,
  mapRunes,
  split,
  trimRunes,
  upperRune,
} from './characters.ts';
import { type Functions, fn, heavy, strings, variadic } from './define.ts';
import { camelCase, wordsJoined } from './word-case.ts';
import { wrap } from './wrap.ts';

export const STRINGS: Functions = {
  hello: fn([], 'string', () => 'Hello!'),
  trim: fn(['string'], 'string', (text) => trimRunes(text, isSpace)),
  trimAll: fn(['string', 'string'], 'string', trimAll),
  trimall: fn(['string', 'string'], 'string', trimAll),
  trimSuffix: fn(['string', 'string'], 'string', (end, text) =>
    text.endsWith(end) ? text.slice(0, text.length - end.length) : text,
  ),
  trimPrefix: fn(['string', 'string'], 'string', (start, text) =>
    text.startsWith(start) ? text.slice(start.length) : text,
  ),
  upper: fn(['string'], 'string', (text) => mapRunes(text, upperRune)),
  lower: fn(['string'], 'string', (text) => mapRunes(text, lowerRune)),
  title: fn(['string'], 'string', title),
  untitle: fn(['string'], 'string', untitle),
  swapcase: fn(['string'], 'string', swapCase),
  snakecase: fn(['string'], 'string', (text) => wordsJoined(text, '_')),
  kebabcase: fn(['string'], 'string', (text) => wordsJoined(text, '-')),
  camelcase: fn(['string'], 'string', camelCase),
  nospace: fn(['string'], 'string', withoutSpaces),
  initials: fn(['string'], 'string', initials),
  substr: fn(['int', 'int', 'string'], 'string', substring),
  trunc: fn(['int', 'string'], 'string', (count, text) => {
    if (count >= 0) return text.slice(0, count);
    return text.length + count > 0 ? text.slice(text.length + count) : text;
  }),
  abbrev: fn(['int', 'string'], 'string', (width, text) => (width < 4 ? text : abbreviated(text, 0, width))),
  abbrevboth: fn(['int', 'int', 'string'], 'string', (left, width, text) =>
    width < 4 || (left > 0 && width < 7) ? text : abbreviated(text, left, width),
  ),
  repeat: heavy(['int', 'string'], 'string', (work, count, text) => {
    if (count < 0) throw new FunctionError('strings: negative Repeat count');
    work.make(count * text.length);
    return text.repeat(count);
  }),
  contains: fn(['string', 'string'], 'bool', (part, text) => text.includes(part)),
  hasPrefix: fn(['string', 'string'], 'bool', (start, text) => text.startsWith(start)),
  hasSuffix: fn(['string', 'string'], 'bool', (end, text) => text.endsWith(end)),
  quote: variadic([], 'interface {}', 'string', (work, values) =>
    present(values)
      .map((value) => quote(textOf(work, value)))
      .join(' '),
  ),
  squote: variadic([], 'interface {}', 'string', (work, values) =>
    present(values)
      .map((value) => `'${print(work, [value])}'`)
      .join(' '),
  ),
  cat: variadic([], 'interface {}', 'string', (work, values) =>
    present(values)
      .map((value) => print(work, [value]))
      .join(' '),
  ),
  indent: heavy(['int', 'string'], 'string', indented),
  nindent: heavy(['int', 'string'], 'string', (work, spaces, text) => `\n${indented(work, spaces, text)}`),
  replace: heavy(['string', 'string', 'string'], 'string', replaced),
  plural: fn(['string', 'string', 'int'], 'string', (one, many, count) => (count === 1 ? one : many)),
  wrap: heavy(['int', 'string'], 'string', (work, width, text) => wrap(work, text, width, '', false)),
  wrapWith: heavy(['int', 'string', 'string'], 'string', (work, width, mark, text) =>
    wrap(work, text, width, mark, true),
  ),
  toString: heavy(['interface {}'], 'string', textOf),
  toStrings: heavy(['interface {}'], '[]string', (work, value) => strings(textsOf(work, value))),
  join: heavy(['string', 'interface {}'], 'string', (work, separator, value) => {
    const texts = textsOf(work, value);
    work.make(separator.length * texts.length);
    return texts.join(separator);
  }),
  sortAlpha: heavy(['interface {}'], '[]string', (work, value) =>
    strings(value instanceof List ? textsOf(work, value).sort() : [textOf(work, value)]),
  ),
  split: fn(['string', 'string'], 'map[string]string', (separator, text) => numbered(split(text, separator))),
  splitn: fn(['string', 'int', 'string'], 'map[string]string', (separator, count, text) =>
    numbered(split(text, separator, count)),
  ),
  splitList: fn(['string', 'string'], '[]string', (separator, text) => strings(split(text, separator))),
};

function present(values: readonly Value[]): Value[] {
  return values.filter((value) => value !== undefined);
}

/** The strings of a list without nil; for other values, the value as string. */
function textsOf(work: Work, value: Value): string[] {
  if (value === undefined) return [];
  if (!(value instanceof List)) return [textOf(work, value)];
  return present(value.items).map((item) => textOf(work, item));
}

function numbered(pieces: readonly string[]): Dict {
  return new Dict(new Map(pieces.map((piece, index) => [`_${index}`, piece])), 'map[string]string');
}

function trimAll(characters: string, text: string): string {
  const drop = new Set(runesOf(characters));
  return trimRunes(text, (rune) => drop.has(rune));
}

function title(text: string): string {
  let previous = 0x20;
  return mapRunes(text, (rune) => {
    const begins = separatesWords(previous);
    previous = rune;
    return begins ? upperRune(rune) : rune;
  });
}

function separatesWords(rune: number): boolean {
  if (rune < 0x80) return !/[0-9A-Za-z_]/.test(String.fromCodePoint(rune));
  return !isLetter(rune) && !isNumber(rune) && isSpace(rune);
}

function untitle(text: string): string {
  let atStart = true;
  return mapRunes(text, (rune) => {
    const begins = atStart && !isSpace(rune);
    atStart = isSpace(rune);
    return begins ? lowerRune(rune) : rune;
  });
}

function swapCase(text: string): string {
  return mapRunes(text, (rune) => (isLower(rune) ? upperRune(rune) : isUpper(rune) ? lowerRune(rune) : rune));
}

/** Treats bytes as runes, like sprig. */
function withoutSpaces(text: string): string {
  const kept = [...text].filter((byte) => !isSpace(byte.charCodeAt(0)));
  if (kept.length === text.length) return text;
  return kept.map((byte) => runeBytes(byte.charCodeAt(0))).join('');
}

/** Treats bytes as runes, like sprig. */
function initials(text: string): string {
  let initial = '';
  let behindSpace = true;
  for (const byte of text) {
    const space = isSpace(byte.charCodeAt(0));
    if (!space && behindSpace) initial += runeBytes(byte.charCodeAt(0));
    behindSpace = space;
  }
  return initial;
}

function substring(start: number, end: number, text: string): string {
  const out = (range: string) => new FunctionError(`runtime error: slice bounds out of range [${range}]`);
  if (start < 0) {
    if (end < 0) throw out(`:${end}`);
    if (end > text.length) throw new FunctionError(`${out(`:${end}`).message} with length ${text.length}`);
    return text.slice(0, end);
  }
  const last = end < 0 || end > text.length ? text.length : end;
  if (start > last) throw out(`${start}:${last}`);
  return text.slice(start, last);
}

function abbreviated(text: string, from: number, width: number): string {
  const mark = '...';
  if (text.length <= width) return text;
  let offset = Math.min(from, text.length);
  if (text.length - offset < width - mark.length) offset = text.length - (width - mark.length);
  if (offset <= 4) return text.slice(0, width - mark.length) + mark;
  if (offset + width - mark.length >= text.length)
    return mark + text.slice(text.length - (width - mark.length));
  const rest = text.slice(offset);
  const inner = width - mark.length;
  return mark + (inner < 4 ? '' : abbreviated(rest, 0, inner));
}

function indented(work: Work, spaces: number, text: string): string {
  if (spaces < 0) throw new FunctionError('strings: negative Repeat count');
  const lines = text.split('\n');
  work.make(lines.length * spaces);
  return lines.map((line) => ' '.repeat(spaces) + line).join('\n');
}

function replaced(work: Work, old: string, by: string, text: string): string {
  if (old !== '') {
    const pieces = text.split(old);
    work.make(text.length + pieces.length * by.length);
    return pieces.join(by);
  }
  work.make(text.length * (by.length + 1));
  let result = by;
  for (let at = 0; at < text.length; ) {
    const { width } = runeAt(text, at);
    result += text.slice(at, at + width) + by;
    at += width;
  }
  return result;
}
