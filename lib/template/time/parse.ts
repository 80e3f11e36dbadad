import { quote } from '../quote.ts';
import { FunctionError } from '../values/value.ts';
import { daysIn, daysOf } from './calendar.ts';
import { DAYS, type Element, type LayoutPart, layoutParts, MONTHS, offsetForm } from './layout.ts';
import { Time } from './time.ts';
import { fixedZone, UTC, type Zone } from './zone.ts';

/** The parts of a date that have been parsed. */
interface Read {
  year: number;
  month?: number;
  day?: number;
  yearDay?: number;
  hour: number;
  minute: number;
  second: number;
  /** Digits of the fraction of a second. */
  fraction: string;
  half?: 'am' | 'pm';
  zone?: Zone;
}

/** How to parse an element. A returned string names what is out of range. */
interface Reader {
  readonly form: RegExp;
  readonly set: (read: Read, match: string) => string | undefined;
  /** For elements where Go takes a fixed number of bytes first: the required prefix, and that number. */
  readonly takes?: { readonly form: RegExp; readonly count: number };
}

/** Go's time.Parse; a date without zone is UTC. Throws FunctionError with Go's message. */
export function parseTime(layout: string, text: string): Time {
  const read: Read = { year: 0, hour: 0, minute: 0, second: 0, fraction: '' };
  const parts = layoutParts(layout);
  let rest = text;
  for (const [index, part] of parts.entries()) {
    const taken = part.element === undefined ? literalLength(part.text, rest) : undefined;
    if (part.element === undefined) {
      if (taken === undefined) throw cannotParse(layout, text, rest, part.text);
      rest = rest.slice(taken);
      continue;
    }
    const { form, set, takes } = readerOf(part, part.element);
    const match = form.exec(rest)?.[0];
    if (match === undefined) {
      const left = takes?.form.test(rest) ? rest.slice(takes.count) : rest;
      throw cannotParse(layout, text, left, part.text);
    }
    rest = rest.slice(match.length);
    const problem = set(read, match);
    if (problem !== undefined) throw outOf(text, `: ${problem} out of range`);
    const isSecond = part.element === '05' || part.element === '5';
    const fraction =
      isSecond && parts[index + 1]?.element !== 'fraction' ? /^[.,]\d+/.exec(rest)?.[0] : undefined;
    if (fraction !== undefined) {
      read.fraction = fraction.slice(1);
      rest = rest.slice(fraction.length);
    }
  }
  if (rest !== '') throw outOf(text, `: extra text: ${quote(rest)}`);
  return timeOf(read, text);
}

function cannotParse(layout: string, text: string, rest: string, element: string): FunctionError {
  const what = `cannot parse ${quote(rest)} as ${quote(element)}`;
  return new FunctionError(`parsing time ${quote(text)} as ${quote(layout)}: ${what}`);
}

function outOf(text: string, problem: string): FunctionError {
  return new FunctionError(`parsing time ${quote(text)}${problem}`);
}

/** The length of the literal at the start of `rest`; a blank matches any number of blanks. */
function literalLength(literal: string, rest: string): number | undefined {
  let at = 0;
  for (let index = 0; index < literal.length; index++) {
    if (literal[index] === ' ') {
      if (at < rest.length && rest[at] !== ' ') return undefined;
      while (literal[index + 1] === ' ') index++;
      while (rest[at] === ' ') at++;
    } else if (literal[index] === rest[at]) at++;
    else return undefined;
  }
  return at;
}

const ONE_OR_TWO = /^\d\d?/;
const TWO = /^\d\d/;

function number(
  form: RegExp,
  least: number,
  most: number,
  what: string,
  set: (read: Read, value: number) => void,
): Reader {
  return {
    form,
    set: (read, match) => {
      const value = Number(match);
      set(read, value);
      return value < least || value > most ? what : undefined;
    },
  };
}

function name(names: readonly string[], set: (read: Read, index: number) => void): Reader {
  return {
    form: new RegExp(`^(?:${names.join('|')})`, 'i'),
    set: (read, match) => {
      set(
        read,
        names.findIndex((candidate) => candidate.toLowerCase() === match.toLowerCase()),
      );
      return undefined;
    },
  };
}

function readerOf({ text }: LayoutPart, element: Element): Reader {
  switch (element) {
    case 'January':
    case 'Jan':
      return name(shortened(MONTHS, element), (read, index) => {
        read.month = index + 1;
      });
    case 'Monday':
    case 'Mon':
      return name(shortened(DAYS, element), () => undefined);
    case '2006':
      return {
        ...number(/^\d{4}/, 0, 9999, 'year', (read, value) => {
          read.year = value;
        }),
        takes: { form: /^\d.{3}/s, count: 4 },
      };
    case '06':
      return number(TWO, 0, 99, 'year', (read, value) => {
        read.year = value + (value >= 69 ? 1900 : 2000);
      });
    case '01':
    case '1':
      return number(element === '01' ? TWO : ONE_OR_TWO, 1, 12, 'month', (read, value) => {
        read.month = value;
      });
    case '02':
    case '_2':
    case '2':
      // Checked when the month is known.
      return number(
        element === '02' ? TWO : element === '2' ? ONE_OR_TWO : /^ ?\d\d?/,
        0,
        99,
        'day',
        (read, value) => {
          read.day = value;
        },
      );
    case '002':
    case '__2':
      return number(element === '002' ? /^\d{3}/ : /^ {0,2}\d{1,3}/, 0, 999, 'day', (read, value) => {
        read.yearDay = value;
      });
    case '15':
      return number(ONE_OR_TWO, 0, 23, 'hour', (read, value) => {
        read.hour = value;
      });
    case '03':
    case '3':
      return number(element === '03' ? TWO : ONE_OR_TWO, 0, 12, 'hour', (read, value) => {
        read.hour = value;
      });
    case '04':
    case '4':
      return number(element === '04' ? TWO : ONE_OR_TWO, 0, 59, 'minute', (read, value) => {
        read.minute = value;
      });
    case '05':
    case '5':
      return number(element === '05' ? TWO : ONE_OR_TWO, 0, 59, 'second', (read, value) => {
        read.second = value;
      });
    case 'PM':
    case 'pm':
      return {
        form: element === 'PM' ? /^[AP]M/ : /^[ap]m/,
        takes: { form: /^../s, count: 2 },
        set: (read, match) => {
          read.half = match.toLowerCase() === 'pm' ? 'pm' : 'am';
          return undefined;
        },
      };
    case 'fraction':
      return {
        form: text[1] === '0' ? new RegExp(`^[.,]\\d{${text.length - 1}}`) : /^(?:[.,]\d{1,9})?/,
        takes: { form: new RegExp(`^.{${text.length}}`, 's'), count: text.length },
        set: (read, match) => {
          read.fraction = match.slice(1);
          return undefined;
        },
      };
    case 'MST':
      return {
        form: /^(?:UTC|ChST|MeST|GMT[+-]\d{1,2}|[+-]\d\d(?:\d\d)?|[A-Z]{3,5})/,
        set: (read, match) => {
          read.zone = match === 'UTC' ? UTC : fixedZone(match, 0);
          return undefined;
        },
      };
    default:
      return offsetReader(element);
  }
}

function shortened(names: readonly string[], element: Element): readonly string[] {
  return element.length === 3 ? names.map((each) => each.slice(0, 3)) : names;
}

function offsetReader(element: Element): Reader {
  const { letter = false, colon = false, minutes = false, seconds = false } = offsetForm(element) ?? {};
  const between = colon ? ':' : '';
  const form = `[+-]\\d\\d${minutes ? `${between}\\d\\d` : ''}${seconds ? `${between}\\d\\d` : ''}`;
  const parts = ['...', ...(minutes ? ['..'] : []), ...(seconds ? ['..'] : [])];
  const taken = parts.join(between);
  return {
    takes: { form: new RegExp(`^${taken}`, 's'), count: taken.length },
    form: new RegExp(letter && !seconds ? `^(?:Z|${form})` : `^${form}`),
    set: (read, match) => {
      const digits = match.replace(/\D/g, '').padEnd(6, '0');
      const size =
        Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4)) * 60 + Number(digits.slice(4));
      read.zone = size === 0 ? UTC : fixedZone('', match.startsWith('-') ? -size : size);
      return undefined;
    },
  };
}

function timeOf(read: Read, text: string): Time {
  const { year, minute, second, half, zone = UTC } = read;
  const hour =
    half === 'pm' && read.hour < 12 ? read.hour + 12 : half === 'am' && read.hour === 12 ? 0 : read.hour;
  let { month = 1, day = 1 } = read;
  if (read.yearDay !== undefined) {
    const days = daysOf({ year: year + 1, month: 1, day: 1 }) - daysOf({ year, month: 1, day: 1 });
    if (read.yearDay < 1 || read.yearDay > days) throw outOf(text, ': day-of-year out of range');
    day = read.yearDay;
    for (month = 1; day > daysIn(year, month); month++) day -= daysIn(year, month);
    if (read.month !== undefined && read.month !== month)
      throw outOf(text, ': day-of-year does not match month');
    if (read.day !== undefined && read.day !== day) throw outOf(text, ': day-of-year does not match day');
  }
  if (day < 1 || day > daysIn(year, month)) throw outOf(text, ': day out of range');
  const seconds = daysOf({ year, month, day }) * 86_400 + hour * 3600 + minute * 60 + second;
  const nanoseconds = BigInt(read.fraction.padEnd(9, '0').slice(0, 9));
  const { offset } = zone.at(seconds * 1000);
  return new Time(BigInt(seconds - offset) * 1_000_000_000n + nanoseconds, zone);
}
