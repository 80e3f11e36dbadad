/** `__proto__` as a key, with any of its characters escaped. A false alarm only costs time. */
const SUSPECT = /__proto__|\\u00/i;

/**
 * Parses JSON that came from elsewhere. Keys named `__proto__` are dropped: harmless as JSON.parse leaves them, they
 * would change the prototype of whatever the object is later copied into. Throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  if (!SUSPECT.test(text)) return JSON.parse(text);
  try {
    return JSON.parse(text, dropProto);
  } catch (error) {
    // Keys are dropped by a walk that goes as deep as the value does, where the parser itself does not.
    throw error instanceof RangeError ? new SyntaxError('JSON nests too deeply', { cause: error }) : error;
  }
}

function dropProto(this: unknown, _key: string, value: unknown): unknown {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')) {
    Reflect.deleteProperty(value, '__proto__');
  }
  return value;
}

/** Whether a JSON value is an object: neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
