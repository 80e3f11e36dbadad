/** What a BMC or an HMC sent, as a JSON object. Anything may be missing or of another type in it. */
export type Resource = Readonly<Record<string, unknown>>;

export function isResource(value: unknown): value is Resource {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is at the end of `path`; undefined when a part is missing. Inherited properties do not count. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (isResource(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined),
    value,
  );
}

/** The text at the end of `path`; undefined when it is something else. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** The array at the end of `path`; empty when it is something else. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The texts in the array at the end of `path`; undefined if the array is missing. */
export function textsAt(value: unknown, ...path: readonly string[]): string[] | undefined {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter((item) => typeof item === 'string') : undefined;
}

/** The link at the end of `path` (`{"@odata.id": URI}`). */
export function linkAt(value: unknown, ...path: readonly string[]): string | undefined {
  return textAt(at(value, ...path), '@odata.id');
}

/** The links in the array at the end of `path`. */
export function linksAt(value: unknown, ...path: readonly string[]): string[] {
  return listAt(value, ...path)
    .map((item) => linkAt(item))
    .filter((link) => link !== undefined);
}
