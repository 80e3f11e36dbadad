import { runeAt } from '../bytes.ts';
import { typeName } from '../values/kind.ts';
import {
  Dict,
  FunctionError,
  Int,
  isField,
  List,
  Structure,
  type Value,
  type Work,
} from '../values/value.ts';

export interface JsonForm {
  /** Indentation per level; without it, all is on one line. */
  readonly indent?: string;
  /** Whether `<`, `>` and `&` are escaped, which is Go's default. */
  readonly escapesHtml: boolean;
}

const DEPTH_LIMIT = 200;

/**
 * A value in the format of Go's encoding/json, with sorted keys. Throws FunctionError for values without a JSON form.
 */
export function encodeJson(work: Work, value: Value, form: JsonForm, depth = 0): string {
  if (depth > DEPTH_LIMIT) throw new FunctionError(`json: more than ${DEPTH_LIMIT} levels`);
  const text = encoded(work, value, form, depth);
  work.make(text.length);
  return text;
}

function encoded(work: Work, value: Value, form: JsonForm, depth: number): string {
  switch (typeof value) {
    case 'undefined':
      return 'null';
    case 'boolean':
      return String(value);
    case 'number':
      return encodeNumber(value);
    case 'string':
      return encodeString(value, form);
  }
  if (value instanceof Int) return String(value.value);
  if (value instanceof List) {
    if (value.isNil) return 'null';
    const items = value.items.map((item) => encodeJson(work, item, form, depth + 1));
    return bracketed('[', items, ']', form, depth);
  }
  if (value instanceof Dict) {
    if (value.isNil) return 'null';
    const entries = value.sortedKeys.map((key) => entry(work, key, value.entries.get(key), form, depth));
    return bracketed('{', entries, '}', form, depth);
  }
  if (value instanceof Structure) return encodeStructure(work, value, form, depth);
  throw new FunctionError(`json: unsupported type: ${typeName(value)}`);
}

function encodeStructure(work: Work, value: Structure, form: JsonForm, depth: number): string {
  if (value.isNil) return 'null';
  if (value.jsonText !== undefined) return encodeString(value.jsonText(), form);
  const entries = [...value.members].flatMap(([name, member]) =>
    isField(member) ? [entry(work, name, member.field(), form, depth)] : [],
  );
  return bracketed('{', entries, '}', form, depth);
}

function entry(work: Work, key: string, value: Value, form: JsonForm, depth: number): string {
  const colon = form.indent === undefined ? ':' : ': ';
  return encodeString(key, form) + colon + encodeJson(work, value, form, depth + 1);
}

function bracketed(
  open: string,
  parts: string[],
  close: string,
  { indent }: JsonForm,
  depth: number,
): string {
  if (indent === undefined || parts.length === 0) return open + parts.join(',') + close;
  const line = `\n${indent.repeat(depth)}`;
  return `${open}${parts.map((part) => line + indent + part).join(',')}${line}${close}`;
}

/** JavaScript and Go's JSON have the same number format. */
function encodeNumber(value: number): string {
  if (!Number.isFinite(value)) {
    const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
    throw new FunctionError(`json: unsupported value: ${name}`);
  }
  return Object.is(value, -0) ? '-0' : String(value);
}

const SHORT: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
};

function encodeString(text: string, { escapesHtml }: JsonForm): string {
  let encodedText = '"';
  for (let at = 0; at < text.length; ) {
    const { value, width } = runeAt(text, at);
    const character = text.slice(at, at + width);
    const escapes =
      value < 0x20 ||
      (width === 1 && value === 0xfffd) ||
      value === 0x2028 ||
      value === 0x2029 ||
      (escapesHtml && (character === '<' || character === '>' || character === '&'));
    const short = Object.hasOwn(SHORT, character) ? SHORT[character] : undefined;
    encodedText += short ?? (escapes ? `\\u${value.toString(16).padStart(4, '0')}` : character);
    at += width;
  }
  return `${encodedText}"`;
}
