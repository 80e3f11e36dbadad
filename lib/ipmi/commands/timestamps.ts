/** The clock of a BMC that was never set counts from its start: such times are below this (IPMI 2.0, section 37.1). */
const FIRST_DATE = 0x2000_0000;
const UNSET = 0xffff_ffff;
const DAY_S = 86_400;

/** Whether a timestamp is a date, not the time since the BMC's start. */
export function isDate(seconds: number): boolean {
  return seconds >= FIRST_DATE && seconds !== UNSET;
}

/** Format: `11/20/23`. BMCs do not tell their time zone; UTC is assumed. */
export function dateText(seconds: number): string {
  const date = new Date(seconds * 1000);
  const parts = [date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCFullYear() % 100];
  return parts.map(twoDigits).join('/');
}

/** Format: `14:15:28 UTC`. */
export function timeText(seconds: number): string {
  return `${clockText(seconds)} UTC`;
}

/** Format: `11/20/23 14:15:28 UTC`; `S+ 00:05:00` since the start of a BMC whose clock is not set. */
export function timestampText(seconds: number): string {
  if (seconds === UNSET) return 'Unspecified';
  if (isDate(seconds)) return `${dateText(seconds)} ${timeText(seconds)}`;
  if (seconds < DAY_S) return `S+ ${clockText(seconds)}`;
  const date = new Date(seconds * 1000);
  const day = Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / (DAY_S * 1000)) + 1;
  return `S+ ${twoDigits(date.getUTCFullYear() % 100)}/${String(day).padStart(3, '0')} ${clockText(seconds)}`;
}

function clockText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
