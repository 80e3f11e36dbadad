/** `when` as RFC 3339 in UTC with milliseconds, the form of all times on the wire. */
export function timestamp(when?: Date): string {
  if (when !== undefined) return when.toISOString();
  const now = Date.now();
  if (now !== last.ms) last = { ms: now, text: new Date(now).toISOString() };
  return last.text;
}

/** A busy plugin logs many lines per millisecond. */
let last = { ms: 0, text: timestamp(new Date(0)) };
