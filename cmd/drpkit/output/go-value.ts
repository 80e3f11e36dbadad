/**
 * A JSON value as Go's fmt prints it (`%v`), which is what drpcli puts into tables: `map[a:1 b:[x y]]`, `<nil>`. But numbers
 * are in full, where Go turns to exponents at a million.
 */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${members.map(([key, member]) => `${key}:${goValue(member)}`).join(' ')}]`;
}
