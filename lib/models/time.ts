/** `when` as RFC 3339 in UTC with milliseconds, the form of all times on the wire. */
export function timestamp(when: Date = new Date()): string {
  return when.toISOString();
}
