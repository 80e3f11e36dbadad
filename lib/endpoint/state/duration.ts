const UNITS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 24 * 3600,
  w: 7 * 24 * 3600,
  y: 365 * 24 * 3600,
};
const MOST_SECONDS = 100 * 365 * 24 * 3600;

/** Describes the input of `secondsOf`, for errors. */
export const A_DURATION = 'seconds, or a time like 1h30m, 7d or 3y';

/** Parses seconds, or a duration in the notation of `drpcli`: `1h30m`, `3y`. Undefined for anything else. */
export function secondsOf(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Math.min(Number(text), MOST_SECONDS);
  if (!/^(\d{1,10}[smhdwy])+$/.test(text)) return undefined;
  const parts = text.match(/\d{1,10}[smhdwy]/g) ?? [];
  const seconds = parts.reduce(
    (sum, part) => sum + Number(part.slice(0, -1)) * (UNITS[part.slice(-1)] ?? 0),
    0,
  );
  return Math.min(seconds, MOST_SECONDS);
}
