/** Text that may contain the key `__proto__`, possibly with escapes. A false match only costs time. */
const SUSPECT = /__proto__|\\u00/i;

/**
 * Parses JSON from an untrusted source. Keys named `__proto__` are dropped: JSON.parse itself is safe, but copying the
 * result into another object would change that object's prototype. Throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  if (!SUSPECT.test(text)) return JSON.parse(text);
  try {
    return JSON.parse(text, dropProto);
  } catch (error) {
    // The reviver that drops keys is recursive, unlike the parser.
    throw error instanceof RangeError ? new SyntaxError('JSON nests too deeply', { cause: error }) : error;
  }
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
