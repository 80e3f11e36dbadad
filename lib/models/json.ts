/** Text that may contain the key `__proto__`, possibly with escapes. A false match only costs time. */
const SUSPECT = /__proto__|\\u00/i;

/**
 * Parses JSON from an untrusted source. Keys named `__proto__` are dropped: JSON.parse itself is safe, but copying the
 * result into another object would change that object's prototype. Throws SyntaxError, as `jsonFrom` does.
 */
export function parseJson(text: string): unknown {
  return jsonFrom(text, SUSPECT.test(text) ? dropProto : undefined);
}

/**
 * `JSON.parse` with messages that may be shown: those of V8 quote some characters of the text, which may be part of a
 * secret. Throws SyntaxError.
 */
export function jsonFrom(text: string, reviver?: (key: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch (error) {
    // The reviver is called recursively, unlike the parser.
    if (error instanceof RangeError) throw new SyntaxError('JSON nests too deeply', { cause: error });
    throw error instanceof SyntaxError ? new SyntaxError(unquoted(error.message)) : error;
  }
}

/** The message without V8's quote `, "QUOTE" is not valid JSON`. */
function unquoted(message: string): string {
  if (!message.endsWith(' is not valid JSON')) return message;
  const [token = ''] = /^Unexpected token '.{1,2}'/s.exec(message) ?? [];
  return token === '' ? 'not valid JSON' : `${token} in JSON`;
}

function dropProto(this: unknown, _key: string, value: unknown): unknown {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')) {
    Reflect.deleteProperty(value, '__proto__');
  }
  return value;
}

/** Whether a JSON value is an object, not null and not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a JSON value has more than `levels` levels of nesting: what recursive functions could not process. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1));
}
