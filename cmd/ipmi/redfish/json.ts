/**
 * Parses what a BMC sent. Keys named `__proto__` are dropped: they would change the prototype of whatever the object
 * is later copied into. Throws SyntaxError, and RangeError for what is nested too deeply to be written again.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')) {
      Reflect.deleteProperty(value, '__proto__');
    }
    return value;
  });
}
