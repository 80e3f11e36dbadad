import { fn } from '../functions/define.ts';
import { withoutTrailing } from '../trailing.ts';
import { type Callable, Int, Structure } from '../values/value.ts';
import { dateOf, daysOf } from './calendar.ts';
import { DAYS, type Element, layoutParts, MONTHS, offsetForm } from './layout.ts';
import { UTC, type Zone } from './zone.ts';

const SECOND = 1_000_000_000n;

/** The local date and time. */
export interface ClockTime {
  year: number;
  month: number;
  day: number;
  weekday: number;
  yearDay: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  offset: number;
  abbreviation: string;
}

/** Go's time.Time: a moment and a time zone. */
export class Time extends Structure {
  /** Nanoseconds since 1970. */
  readonly nanoseconds: bigint;
  readonly zone: Zone;

  constructor(nanoseconds: bigint, zone: Zone = UTC) {
    const members = new Map<string, Callable>();
    super('time.Time', members, {
      text: () => this.format('2006-01-02 15:04:05.999999999 -0700 MST'),
      jsonText: () => this.format('2006-01-02T15:04:05.999999999Z07:00'),
    });
    this.nanoseconds = nanoseconds;
    this.zone = zone;
    const number = (name: string, read: (clock: ClockTime) => number) =>
      members.set(
        name,
        fn([], 'int', () => new Int(read(this.clock()))),
      );
    number('Year', ({ year }) => year);
    number('Day', ({ day }) => day);
    number('Hour', ({ hour }) => hour);
    number('Minute', ({ minute }) => minute);
    number('Second', ({ second }) => second);
    number('Nanosecond', ({ nanosecond }) => nanosecond);
    number('YearDay', ({ yearDay }) => yearDay);
    members.set(
      'Month',
      fn([], 'time.Month', () => named('time.Month', MONTHS[this.clock().month - 1])),
    );
    members.set(
      'Weekday',
      fn([], 'time.Weekday', () => named('time.Weekday', DAYS[this.clock().weekday])),
    );
    members.set(
      'Unix',
      fn([], 'int64', () => new Int(this.seconds, 'int64')),
    );
    members.set(
      'UnixNano',
      fn([], 'int64', () => new Int(this.nanoseconds, 'int64')),
    );
    members.set(
      'Format',
      fn(['string'], 'string', (layout) => this.format(layout)),
    );
    members.set(
      'String',
      fn([], 'string', () => this.text?.() ?? ''),
    );
    members.set(
      'UTC',
      fn([], 'time.Time', () => new Time(this.nanoseconds, UTC)),
    );
    members.set(
      'IsZero',
      fn([], 'bool', () => this.nanoseconds === ZERO),
    );
  }

  /** Seconds since 1970, rounded down. */
  get seconds(): bigint {
    const rest = this.nanoseconds % SECOND;
    return this.nanoseconds / SECOND - (rest < 0n ? 1n : 0n);
  }

  clock(): ClockTime {
    const { offset, abbreviation } = this.zone.at(Number(this.nanoseconds / 1_000_000n));
    const seconds = Number(this.seconds) + offset;
    const days = Math.floor(seconds / 86_400);
    const ofDay = seconds - days * 86_400;
    const date = dateOf(days);
    return {
      ...date,
      weekday: (((days + 4) % 7) + 7) % 7,
      yearDay: days - daysOf({ year: date.year, month: 1, day: 1 }) + 1,
      hour: Math.floor(ofDay / 3600),
      minute: Math.floor(ofDay / 60) % 60,
      second: ofDay % 60,
      nanosecond: Number(this.nanoseconds - this.seconds * SECOND),
      offset,
      abbreviation,
    };
  }

  /** Formats by a Go layout, which shows how 2006-01-02 15:04:05 MST is written. */
  format(layout: string): string {
    const clock = this.clock();
    return layoutParts(layout)
      .map(({ element, text }) => {
        if (element === undefined) return text;
        return element === 'fraction' ? fraction(text, clock) : elementText(element, clock);
      })
      .join('');
  }
}

/** Year 1, the zero value of Go's time.Time. */
const ZERO = BigInt(daysOf({ year: 1, month: 1, day: 1 })) * 86_400n * SECOND;
export const ZERO_TIME = new Time(ZERO);

function named(type: string, name = ''): Structure {
  return new Structure(type, new Map([['String', fn([], 'string', () => name)]]), { text: () => name });
}

function fraction(form: string, { nanosecond }: ClockTime): string {
  const digits = String(nanosecond)
    .padStart(9, '0')
    .slice(0, form.length - 1)
    .padEnd(form.length - 1, '0');
  if (form[1] === '0') return form[0] + digits;
  const kept = withoutTrailing(digits, '0');
  return kept === '' ? '' : form[0] + kept;
}

function elementText(element: Element, clock: ClockTime): string {
  const { year, month, day, weekday, yearDay, hour, minute, second } = clock;
  switch (element) {
    case 'January':
      return MONTHS[month - 1] ?? '';
    case 'Jan':
      return MONTHS[month - 1]?.slice(0, 3) ?? '';
    case 'Monday':
      return DAYS[weekday] ?? '';
    case 'Mon':
      return DAYS[weekday]?.slice(0, 3) ?? '';
    case 'MST':
      return abbreviation(clock);
    case '2006':
      return year < 0 ? `-${digits(-year, 4)}` : digits(year, 4);
    case '06':
      return digits(Math.abs(year) % 100, 2);
    case '01':
      return digits(month, 2);
    case '1':
      return String(month);
    case '02':
      return digits(day, 2);
    case '_2':
      return String(day).padStart(2, ' ');
    case '2':
      return String(day);
    case '002':
      return digits(yearDay, 3);
    case '__2':
      return String(yearDay).padStart(3, ' ');
    case '15':
      return digits(hour, 2);
    case '03':
      return digits(hour % 12 || 12, 2);
    case '3':
      return String(hour % 12 || 12);
    case '04':
      return digits(minute, 2);
    case '4':
      return String(minute);
    case '05':
      return digits(second, 2);
    case '5':
      return String(second);
    case 'PM':
      return hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return hour >= 12 ? 'pm' : 'am';
    default:
      return offsetText(element, clock);
  }
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}

/** The offset replaces a missing abbreviation. */
function abbreviation(clock: ClockTime): string {
  if (clock.abbreviation !== '') return clock.abbreviation;
  return offsetText('-0700', clock);
}

function offsetText(element: Element, { offset }: ClockTime): string {
  const form = offsetForm(element);
  if (form === undefined) return '';
  if (form.letter && offset === 0) return 'Z';
  const size = Math.abs(offset);
  const parts = [digits(Math.floor(size / 3600), 2)];
  if (form.minutes) parts.push(digits(Math.floor(size / 60) % 60, 2));
  if (form.seconds) parts.push(digits(size % 60, 2));
  return (offset < 0 ? '-' : '+') + parts.join(form.colon ? ':' : '');
}
