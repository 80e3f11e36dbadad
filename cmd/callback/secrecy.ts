import type { Secrets } from '../../lib/models/index.ts';

const SECRET_HEADER = /auth|cookie|key|passw|secret|signature|token/i;

/** Secret values in headers. */
export function secretHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers)
    .filter(([name]) => SECRET_HEADER.test(name))
    .flatMap(([, value]) => [value, value.replace(/^(Basic|Bearer|Token) +/i, '')]);
}

/** All strings in a JSON value. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

/** A JSON value with secrets masked in strings and names. */
export function maskedJson(value: unknown, secrets: Secrets): unknown {
  if (typeof value === 'string') return secrets.mask(value);
  if (Array.isArray(value)) return value.map((item) => maskedJson(item, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [secrets.mask(name), maskedJson(item, secrets)]),
  );
}
