import { plainScalar, type Scalar } from './scalar.ts';

/** `2001-12-14`, possibly with a time. Date checks the day of the month. */
const TIMESTAMP = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:$|[Tt \t])/;

const CORE = 'tag:yaml.org,2002:';

const MATCHES: Readonly<Record<string, (value: Scalar) => boolean>> = {
  null: (value) => value === null,
  bool: (value) => typeof value === 'boolean',
  int: (value) => typeof value === 'bigint' || Number.isInteger(value),
  float: (value) => typeof value === 'number' || typeof value === 'bigint',
};

/** `int` for `!!int` and `!<tag:yaml.org,2002:int>`; undefined for tags outside of YAML's namespace. */
export function coreTag(tag: string, handles: ReadonlyMap<string, string>): string | undefined {
  const [, verbatim, handle = '', suffix = ''] = /^(?:!<(.*)>|(![^!]*!|!)(.*))$/s.exec(tag) ?? [];
  const prefix = handles.get(handle) ?? (handle === '!!' ? CORE : handle);
  const full = verbatim ?? `${prefix}${suffix}`;
  return full.startsWith(CORE) ? full.slice(CORE.length) : undefined;
}

/**
 * The value of a tagged scalar, quoted or not. A tag unknown to the endpoint makes it a string. Undefined when the text
 * does not match the tag.
 */
export function taggedScalar(tag: string | undefined, text: string): Scalar | undefined {
  if (tag === 'binary') return binaryText(text);
  if (tag === 'timestamp') return isTimestamp(text) ? text : undefined;
  const matches = tag === undefined ? undefined : MATCHES[tag];
  if (matches === undefined) return text;
  const value = plainScalar(text);
  return matches(value) ? value : undefined;
}

function binaryText(text: string): string | undefined {
  const base64 = text.replaceAll('\n', '');
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes.toString('utf8') : undefined;
}

function isTimestamp(text: string): boolean {
  const [, year, month, day] = (TIMESTAMP.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day && month >= 1 && month <= 12;
}
