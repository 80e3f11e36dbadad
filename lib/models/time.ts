/** `when` as RFC 3339 in UTC, the form of all times on the wire. Milliseconds are the finest that JavaScript's clock has. */
export function timestamp(when: Date = new Date()): string {
  return when.toISOString();
}
