import { runeAt } from '../bytes.ts';
import { print, printf, println } from '../format/print.ts';
import { isPrintable } from '../quote.ts';
import { isTrue, typeName } from '../values/kind.ts';
import {
  Boxed,
  Dict,
  FunctionError,
  Int,
  List,
  type Operand,
  Structure,
  unboxed,
  type Value,
} from '../values/value.ts';
import { COMPARISONS } from './comparisons.ts';
import { type Functions, fn, variadic } from './define.ts';
import { queryEscape } from './url-text.ts';

/** The functions of Go's text/template. */
export const BUILTINS: Functions = {
  ...COMPARISONS,
  and: deciding(false),
  or: deciding(true),
  not: fn(['reflect.Value'], 'bool', (value) => !isTrue(unboxed(value))),
  // Values here are never callable.
  call: variadic(['reflect.Value'], 'reflect.Value', 'reflect.Value', (_work, _args, callee) => {
    const value = unboxed(callee);
    if (value === undefined) throw new FunctionError('call of nil');
    throw new FunctionError(`non-function of type ${typeName(value)}`);
  }),
  html: variadic([], 'interface {}', 'string', (work, values) => escapeHtml(print(work, shown(values)))),
  js: variadic([], 'interface {}', 'string', (work, values) => escapeJavaScript(print(work, shown(values)))),
  urlquery: variadic([], 'interface {}', 'string', (work, values) => queryEscape(print(work, shown(values)))),
  print: variadic([], 'interface {}', 'string', print),
  println: variadic([], 'interface {}', 'string', println),
  printf: variadic(['string'], 'interface {}', 'string', (work, values, format) =>
    printf(work, format, values),
  ),
  len: fn(['reflect.Value'], 'int', (item) => new Int(lengthOf(item))),
  index: variadic(['reflect.Value'], 'reflect.Value', 'reflect.Value', (_work, indexes, item) => {
    if (unboxed(item) === undefined) throw new FunctionError('index of untyped nil');
    return indexes.reduce(indexed, item);
  }),
  slice: variadic(['reflect.Value'], 'reflect.Value', 'reflect.Value', (_work, indexes, item) =>
    sliced(unboxed(item), indexes),
  ),
};

function deciding(decides: boolean) {
  return {
    ...variadic(['reflect.Value'], 'reflect.Value', 'reflect.Value', (_work, _rest, first) => first),
    decides,
  };
}

/** Replaces nil by the text that an action prints for it. */
function shown(values: readonly Value[]): Value[] {
  return values.map((value) => (value === undefined ? '<no value>' : value));
}

function lengthOf(item: Operand): number {
  const value = unboxed(item);
  if (typeof value === 'string') return value.length;
  if (value instanceof List) return value.items.length;
  if (value instanceof Dict) return value.entries.size;
  if (item instanceof Boxed && value === undefined) throw new FunctionError('len of nil pointer');
  if (value === undefined) throw new FunctionError('reflect: call of reflect.Value.Type on zero Value');
  if (value instanceof Structure && value.isNil) throw new FunctionError('len of nil pointer');
  throw new FunctionError(`len of type ${typeName(value).replace(/^\*/, '')}`);
}

function indexed(container: Operand, index: Operand): Operand {
  const item = unboxed(container);
  const key = unboxed(index);
  if (item === undefined || (item instanceof Structure && item.isNil))
    throw new FunctionError('index of nil pointer');
  if (typeof item === 'string') {
    const at = position(key, item.length);
    if (at >= item.length) throw new FunctionError('reflect: string index out of range');
    return new Int(item.charCodeAt(at), 'uint8');
  }
  if (item instanceof List) {
    const at = position(key, item.items.length);
    if (at >= item.items.length) throw new FunctionError('reflect: slice index out of range');
    return item.item(at);
  }
  if (item instanceof Dict) {
    if (key === undefined) throw new FunctionError('value is nil; should be of type string');
    if (typeof key !== 'string') throw new FunctionError(`value has type ${typeName(key)}; should be string`);
    if (item.entries.has(key) || item.itemType === 'interface {}') return item.get(key);
    return item.itemType === 'string' ? '' : undefined;
  }
  throw new FunctionError(`can't index item of type ${typeName(item).replace(/^\*/, '')}`);
}

/** An index as a number. The caller checks whether it may equal the length. */
function position(index: Operand, length: number): number {
  if (index === undefined) throw new FunctionError('cannot index slice/array with nil');
  if (!(index instanceof Int))
    throw new FunctionError(`cannot index slice/array with type ${typeName(index)}`);
  if (index.value < 0n || index.value > BigInt(length))
    throw new FunctionError(`index out of range: ${index.value}`);
  return Number(index.value);
}

function sliced(item: Value, indexes: readonly Operand[]): Value {
  if (item === undefined) throw new FunctionError('slice of untyped nil');
  if (indexes.length > 3) throw new FunctionError(`too many slice indexes: ${indexes.length}`);
  if (typeof item === 'string' && indexes.length === 3)
    throw new FunctionError('cannot 3-index slice a string');
  if (typeof item !== 'string' && !(item instanceof List))
    throw new FunctionError(`can't slice item of type ${typeName(item)}`);
  const length = typeof item === 'string' ? item.length : item.items.length;
  const [start = 0, end = length, most = length] = indexes.map((index) => position(index, length));
  if (start > end) throw new FunctionError(`invalid slice index: ${start} > ${end}`);
  if (end > most) throw new FunctionError(`invalid slice index: ${end} > ${most}`);
  return typeof item === 'string'
    ? item.slice(start, end)
    : new List(item.items.slice(start, end), item.type);
}

const HTML: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\xef\xbf\xbd',
};

function escapeHtml(text: string): string {
  return text.replace(/["'&<>\0]/g, (character) => HTML[character] ?? '');
}

const JAVASCRIPT: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

function escapeJavaScript(text: string): string {
  let escaped = '';
  for (let at = 0; at < text.length; ) {
    const { value, width } = runeAt(text, at);
    const character = text.slice(at, at + width);
    const short = Object.hasOwn(JAVASCRIPT, character) ? JAVASCRIPT[character] : undefined;
    if (short !== undefined) escaped += short;
    else if (value < 0x20 || (value >= 0x80 && !isPrintable(value)))
      escaped += `\\u${value.toString(16).toUpperCase().padStart(4, '0')}`;
    else escaped += character;
    at += width;
  }
  return escaped;
}
