/** A time zone: what its clocks show at a moment. */
export interface Zone {
  readonly name: string;
  /** Offset to UTC in seconds, and the abbreviation, at a time in milliseconds since 1970. */
  at(milliseconds: number): { offset: number; abbreviation: string };
}

export const UTC: Zone = { name: 'UTC', at: () => ({ offset: 0, abbreviation: 'UTC' }) };

/** A zone of which a date tells nothing but the offset, and perhaps an abbreviation. */
export function fixedZone(abbreviation: string, offset: number): Zone {
  return { name: abbreviation, at: () => ({ offset, abbreviation }) };
}

/** The zone of a name as in the tz database; UTC for `Local`, which depends on the host. Undefined for an unknown name. */
export function loadZone(name: string): Zone | undefined {
  if (name === '' || name === 'UTC' || name === 'Local') return UTC;
  try {
    return namedZone(name);
  } catch {
    return undefined;
  }
}

/** Intl knows abbreviations of a zone only in languages that are spoken there. */
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

/** The tz database names zones without letters of their own by their offset. */
function numeric(offset: number): string {
  const minutes = Math.trunc(Math.abs(offset) / 60);
  const rest = minutes % 60;
  const hours = String(Math.trunc(minutes / 60)).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${hours}${rest === 0 ? '' : String(rest).padStart(2, '0')}`;
}
