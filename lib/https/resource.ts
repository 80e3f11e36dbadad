/** A JSON object from a BMC or HMC. Any member may be missing or have another type. */
export type Resource = Readonly<Record<string, unknown>>;

export function isResource(value: unknown): value is Resource {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at `path`; undefined when a part is missing. Inherited properties do not count. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (isResource(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined),
    value,
  );
}

/** The string at `path`; undefined for other types. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** The array at `path`; empty for other types. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The strings in the array at `path`; undefined if there is no array. */
export function textsAt(value: unknown, ...path: readonly string[]): string[] | undefined {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter((item) => typeof item === 'string') : undefined;
}

/** The link at `path` (`{"@odata.id": URI}`). */
export function linkAt(value: unknown, ...path: readonly string[]): string | undefined {
  return textAt(at(value, ...path), '@odata.id');
}

/** The links in the array at `path`. */
export function linksAt(value: unknown, ...path: readonly string[]): string[] {
  return listAt(value, ...path)
    .map((item) => linkAt(item))
    .filter((link) => link !== undefined);
}
