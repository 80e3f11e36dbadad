/** A time zone. */
export interface Zone {
  readonly name: string;
  /** Offset to UTC in seconds, and abbreviation, at a time in ms since 1970. */
  at(milliseconds: number): { offset: number; abbreviation: string };
}

export const UTC: Zone = { name: 'UTC', at: () => ({ offset: 0, abbreviation: 'UTC' }) };

/** A zone with a fixed offset and possibly an abbreviation. */
export function fixedZone(abbreviation: string, offset: number): Zone {
  return { name: abbreviation, at: () => ({ offset, abbreviation }) };
}

/** A zone of the tz database; UTC for `Local`, which depends on the host. Undefined for an unknown name. */
export function loadZone(name: string): Zone | undefined {
  if (name === '' || name === 'UTC' || name === 'Local') return UTC;
  try {
    return namedZone(name);
  } catch {
    return undefined;
  }
}

/** Intl knows the abbreviations of a zone only in languages spoken there. */
const LANGUAGES = ['en-US', 'en-GB', 'en-AU', 'en-ZA', 'en-IN', 'en-NZ'];

function namedZone(timeZone: string): Zone {
  const clock = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const names = LANGUAGES.map(
    (language) => new Intl.DateTimeFormat(language, { timeZone, timeZoneName: 'short' }),
  );
  return {
    name: timeZone,
    at: (milliseconds) => {
      const text = part(clock, milliseconds);
      const [, sign, hours = '0', minutes = '0', seconds = '0'] =
        /GMT([+-])(\d+):(\d+)(?::(\d+))?/.exec(text) ?? [];
      const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
      const offset = sign === '-' ? -size : size;
      const known = names
        .map((format) => part(format, milliseconds))
        .find((name) => !/^(?:GMT|UTC)[+-]/.test(name));
      return { offset, abbreviation: known ?? numeric(offset) };
    },
  };
}

function part(format: Intl.DateTimeFormat, milliseconds: number): string {
  return format.formatToParts(milliseconds).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/** The name of a zone without an abbreviation: its offset, as in the tz database. */
function numeric(offset: number): string {
  const minutes = Math.trunc(Math.abs(offset) / 60);
  const rest = minutes % 60;
  const hours = String(Math.trunc(minutes / 60)).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${hours}${rest === 0 ? '' : String(rest).padStart(2, '0')}`;
}
