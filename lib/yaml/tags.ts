import { plainScalar, type Scalar } from './scalar.ts';

/** `2001-12-14`, with or without a time. Which days a month has is checked by Date. */
const TIMESTAMP = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:$|[Tt \t])/;

const CORE = 'tag:yaml.org,2002:';

const MATCHES: Readonly<Record<string, (value: Scalar) => boolean>> = {
  null: (value) => value === null,
  bool: (value) => typeof value === 'boolean',
  int: (value) => typeof value === 'bigint' || Number.isInteger(value),
  float: (value) => typeof value === 'number' || typeof value === 'bigint',
};

/** `int` for `!!int` and for `!<tag:yaml.org,2002:int>`; undefined for a tag that is not one of YAML's own. */
export function coreTag(tag: string, handles: ReadonlyMap<string, string>): string | undefined {
  const [, verbatim, handle = '', suffix = ''] = /^(?:!<(.*)>|(![^!]*!|!)(.*))$/s.exec(tag) ?? [];
  const prefix = handles.get(handle) ?? (handle === '!!' ? CORE : handle);
  const full = verbatim ?? `${prefix}${suffix}`;
  return full.startsWith(CORE) ? full.slice(CORE.length) : undefined;
}

/**
 * The value of a scalar with a tag, quoted or not. A tag that says nothing to the endpoint makes it text. Undefined where
 * the text is not what the tag says.
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
