const SIMPLE: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '"': 34,
  "'": 39,
  '\\': 92,
};
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/y;

/** `text` as an interpreted string literal of Go. */
export function quoteGo(text: string): string {
  // JSON's escapes are valid in Go. A byte order mark is not allowed in Go files; the other characters are invisible.
  return JSON.stringify(text.toWellFormed()).replace(
    /[\u007f-\u00a0\u00ad\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The value of a Go string literal, quoted or in backquotes. Undefined when it is not a literal. */
export function unquoteGo(literal: string): string | undefined {
  if (literal.startsWith('`')) return literal.slice(1, -1).replaceAll('\r', '');
  const bytes: Buffer[] = [];
  const body = literal.slice(1, -1);
  for (let at = 0; at < body.length; ) {
    if (body[at] !== '\\') {
      const end = body.indexOf('\\', at);
      bytes.push(Buffer.from(body.slice(at, end === -1 ? undefined : end)));
      at = end === -1 ? body.length : end;
      continue;
    }
    ESCAPE.lastIndex = at;
    const match = ESCAPE.exec(body);
    const escaped = match === null ? undefined : escapedBytes(match);
    if (escaped === undefined) return undefined;
    bytes.push(escaped);
    at = ESCAPE.lastIndex;
  }
  return Buffer.concat(bytes).toString('utf8');
}

function escapedBytes([, hex, short, long, octal, simple = '']: RegExpExecArray): Buffer | undefined {
  if (hex !== undefined) return Buffer.from([Number.parseInt(hex, 16)]);
  if (octal !== undefined) return Buffer.from([Number.parseInt(octal, 8) & 0xff]);
  const codePoint = short ?? long;
  if (codePoint !== undefined) {
    const value = Number.parseInt(codePoint, 16);
    return value > 0x10ffff ? undefined : Buffer.from(String.fromCodePoint(value));
  }
  const byte = Object.hasOwn(SIMPLE, simple) ? SIMPLE[simple] : undefined;
  return byte === undefined ? undefined : Buffer.from([byte]);
}
