import { ModelError } from '../models/index.ts';

/** Nesting limit, since functions recurse for each level. */
const DEEPEST = 500;

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/**
 * `value` as Go's encoding/json writes it: keys sorted by bytes, `<`, `>`, `&`, U+2028 and U+2029 escaped, lone
 * surrogates replaced. `undefined` becomes null; members with it are left out. Throws ModelError 500 that names the
 * place of a value that JSON cannot hold: NaN, infinities, bigints, functions, symbols, cycles.
 */
export function goJson(value: unknown): string {
  return written(value, 'result', []);
}

function written(value: unknown, path: string, above: readonly object[]): string {
  if (value === null || value === undefined) return 'null';
  switch (typeof value) {
    case 'boolean':
      return String(value);
    case 'string':
      return quoted(value);
    case 'number':
      if (Number.isFinite(value)) return JSON.stringify(value);
      break;
    case 'object':
      return writtenObject(value, path, above);
  }
  const what = typeof value === 'number' ? String(value) : `a ${typeof value}`;
  throw new ModelError(500, `${path}: JSON cannot hold ${what}`);
}

function writtenObject(value: object, path: string, above: readonly object[]): string {
  if (above.includes(value))
    throw new ModelError(500, `${path}: JSON cannot hold an object that contains itself`);
  if (above.length === DEEPEST) throw new ModelError(500, `${path.slice(0, 60)}...: nests too deeply`);
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return written(value.toJSON(), path, [...above, value]);
  const inside = [...above, value];
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item, at) => written(item, `${path}[${at}]`, inside)).join(',')}]`;
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([key, member]) => `${quoted(key)}:${written(member, `${path}.${key}`, inside)}`);
  return `{${members.join(',')}}`;
}

function quoted(text: string): string {
  // The characters that Go escapes: control characters, those of HTML, and the line ends that only JavaScript had.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const escaped = text.toWellFormed().replace(/["\\\u0000-\u001f<>&\u2028\u2029]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0');
    return SHORT_ESCAPES[character] ?? `\\u${code}`;
  });
  return `"${escaped}"`;
}
