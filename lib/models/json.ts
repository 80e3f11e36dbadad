/** `__proto__` as a key, with any of its characters escaped. A false alarm only costs time. */
const SUSPECT = /__proto__|\\u00/i;

/**
 * Parses JSON that came from elsewhere. Keys named `__proto__` are dropped: harmless as JSON.parse leaves them, they
 * would change the prototype of whatever the object is later copied into. Throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  return SUSPECT.test(text) ? JSON.parse(text, dropProto) : JSON.parse(text);
}

function dropProto(this: unknown, _key: string, value: unknown): unknown {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')) {
    Reflect.deleteProperty(value, '__proto__');
  }
  return value;
}
