import { parseDuration, secondsText } from '../time/duration.ts';
import { parseTime } from '../time/parse.ts';
import { Time, ZERO_TIME } from '../time/time.ts';
import { loadZone, UTC } from '../time/zone.ts';
import { FunctionError, Int, type Structure, type Value } from '../values/value.ts';
import { type Functions, fn } from './define.ts';

const DAY = '2006-01-02';
const SECOND = 1_000_000_000n;

const dateInZone = fn(['string', 'interface {}', 'string'], 'string', formatted);
const dateModify = fn(['string', 'time.Time'], 'time.Time', (duration, date) =>
  orElse(() => later(duration, date), asTime(date)),
);
const mustDateModify = fn(['string', 'time.Time'], 'time.Time', later);

/** Functions on dates. The zone `Local` is UTC, so that the result does not depend on the host. */
export const DATES: Functions = {
  date: fn(['string', 'interface {}'], 'string', (layout, date) => formatted(layout, date, 'Local')),
  dateInZone,
  date_in_zone: dateInZone,
  dateModify,
  date_modify: dateModify,
  mustDateModify,
  must_date_modify: mustDateModify,
  htmlDate: fn(['interface {}'], 'string', (date) => formatted(DAY, date, 'Local')),
  htmlDateInZone: fn(['interface {}', 'string'], 'string', (date, zone) => formatted(DAY, date, zone)),
  toDate: fn(['string', 'string'], 'time.Time', (layout, text) =>
    orElse(() => parseTime(layout, text), ZERO_TIME),
  ),
  mustToDate: fn(['string', 'string'], 'time.Time', parseTime),
  unixEpoch: fn(['time.Time'], 'string', (date) => String(asTime(date).seconds)),
  duration: fn(['interface {}'], 'string', (seconds) => {
    if (seconds instanceof Int && seconds.type === 'int64') return secondsText(seconds.value);
    const isNumber = typeof seconds === 'string' && /^[+-]?\d+$/.test(seconds);
    return secondsText(isNumber ? BigInt(seconds.replace('+', '')) : 0n);
  }),
  durationRound: fn(['interface {}'], 'string', (duration) => rounded(nanosecondsOf(duration))),
};

function formatted(layout: string, date: Value, zone: string): string {
  return new Time(momentOf(date), loadZone(zone) ?? UTC).format(layout);
}

/** sprig takes anything but a time or an integer for the current time. */
function momentOf(date: Value): bigint {
  if (date instanceof Time) return date.nanoseconds;
  if (date instanceof Int && (date.type === 'int' || date.type === 'int64')) return date.value * SECOND;
  throw new FunctionError('would read the clock: give it a date, or seconds since 1970 as an integer');
}

function asTime(date: Structure): Time {
  return date instanceof Time ? date : ZERO_TIME;
}

function later(duration: string, date: Structure): Time {
  const time = asTime(date);
  return new Time(time.nanoseconds + parseDuration(duration), time.zone);
}

function orElse(make: () => Time, otherwise: Time): Time {
  try {
    return make();
  } catch (error) {
    if (error instanceof FunctionError) return otherwise;
    throw error;
  }
}

function nanosecondsOf(duration: Value): bigint {
  if (duration instanceof Int && duration.type === 'int64') return duration.value;
  if (duration instanceof Time) throw new FunctionError('would read the clock: give it a duration');
  if (typeof duration !== 'string') return 0n;
  try {
    return parseDuration(duration);
  } catch (error) {
    if (error instanceof FunctionError) return 0n;
    throw error;
  }
}

const HOUR = 3600n * SECOND;
const UNITS: readonly (readonly [name: string, nanoseconds: bigint])[] = [
  ['y', 24n * 365n * HOUR],
  ['mo', 24n * 30n * HOUR],
  ['d', 24n * HOUR],
  ['h', HOUR],
  ['m', 60n * SECOND],
  ['s', SECOND],
];

/** In the largest unit of which there is more than one. */
function rounded(nanoseconds: bigint): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const unit = UNITS.find(([, length]) => size > length);
  return unit === undefined ? '0s' : `${size / unit[1]}${unit[0]}`;
}
