/**
 * A mapping key as the endpoint's parser (ghodss/yaml) converts it to a JSON key; undefined where that fails: null,
 * collections, and integers of more than 63 bits.
 */
export function keyText(key: unknown): string | undefined {
  switch (typeof key) {
    case 'string':
      return key;
    case 'boolean':
      return String(key);
    case 'bigint':
      return key < 2n ** 63n ? String(key) : undefined;
    case 'number':
      return numberText(key);
    default:
      return undefined;
  }
}

/**
 * A number where the endpoint expects a string: integers in full, others with the digits of a 32-bit float and, from a
 * million on, an exponent, as that parser converts them.
 */
export function numberText(value: number | bigint): string {
  if (typeof value === 'bigint') return String(value);
  if (Object.is(value, -0)) return '-0';
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  if (Number.isSafeInteger(value)) return String(value);
  const digits = shortestSingle(value);
  const [mantissa = '', exponent = ''] = digits.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(digits);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** The number with the fewest digits that rounds to the same 32-bit float as `value`. */
function shortestSingle(value: number): number {
  const single = Math.fround(value);
  for (let precision = 1; precision < 9; precision += 1) {
    const digits = Number(single.toPrecision(precision));
    if (Math.fround(digits) === single) return digits;
  }
  return Number(single.toPrecision(9));
}
