/**
 * The meaning of a plain (unquoted, untagged) YAML scalar to a dr-provision endpoint. It uses go-yaml v2, which is YAML
 * 1.1 with deviations: `010` is 8, `1e21` is a string (no sign), `08` is 8, dates are strings.
 */
export type Scalar = string | number | bigint | boolean | null;

const WORDS = new Map<string, boolean | null | number>([
  ...words(true, 'y Y yes Yes YES true True TRUE on On ON'),
  ...words(false, 'n N no No NO false False FALSE off Off OFF'),
  ...words(null, '~ null Null NULL'),
  ['', null],
  ...words(Number.NaN, '.nan .NaN .NAN'),
  ...words(Number.POSITIVE_INFINITY, '.inf .Inf .INF +.inf +.Inf +.INF'),
  ...words(Number.NEGATIVE_INFINITY, '-.inf -.Inf -.INF'),
]);

const TIMESTAMP = /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]|[ \t]+)\d{1,2}:\d{1,2}:\d{1,2}|$)/;
const INTEGER = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const FLOAT = /^[-+]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+][0-9]+)?$/;
const DOTTED = /^\.[0-9]+(?:[eE][-+]?[0-9]+)?$/;
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/**
 * The value of a plain scalar: the text itself unless it is a keyword, a number or empty. Integers beyond the precision
 * of numbers are bigints, for keys and for conversion to strings.
 */
export function plainScalar(source: string): Scalar {
  const word = WORDS.get(source);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(source) || TIMESTAMP.test(source)) return source;
  if (source.startsWith('.')) return DOTTED.test(source) ? finite(source) : source;
  const digits = source.replaceAll('_', '');
  const integer = plainInteger(digits);
  if (integer !== undefined) return integer;
  return FLOAT.test(digits) ? finite(digits, source) : source;
}

function plainInteger(digits: string): number | bigint | undefined {
  const match = INTEGER.exec(digits);
  if (match === null) return undefined;
  const [, sign = '', hex, binary, octal, decimal = ''] = match;
  const literal = hex ? `0x${hex}` : binary ? `0b${binary}` : octal ? `0o${octal}` : decimal;
  const value = sign === '-' ? -BigInt(literal) : BigInt(literal);
  // Beyond 64 bits only decimals are numbers, by the rule for floats. With a sign, the unsigned range does not apply.
  const limit = sign === '' ? UINT64_MAX : -INT64_MIN - 1n;
  if (value < INT64_MIN || value > limit) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function finite(digits: string, source = digits): Scalar {
  const value = Number(digits);
  return Number.isFinite(value) ? value : source;
}

function words<T>(value: T, list: string): [string, T][] {
  return list.split(' ').map((word) => [word, value]);
}
