const ESCAPES: Readonly<Record<string, string>> = { '\\1': '.', '\\2': ',', '\\3': '*' };

/**
 * A test for one part of an event selector (`TYPE.ACTION.KEY`): `*`, or a comma-separated list of values in which `\1`,
 * `\2` and `\3` mean a dot, a comma and a star.
 */
export function selectorPart(part: string): (value: string) => boolean {
  if (part === '*') return () => true;
  const values = new Set(
    part.split(',').map((value) => value.replace(/\\[123]/g, (code) => ESCAPES[code] ?? code).trim()),
  );
  return (value) => values.has(value);
}
