import { quote } from '../quote.ts';
import { FunctionError } from '../values/value.ts';

/** In nanoseconds. */
const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  '\xc2\xb5s': 1000n,
  '\xce\xbcs': 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const MOST = (1n << 63n) - 1n;

/** Go's time.ParseDuration (`1h30m`), in nanoseconds. Throws FunctionError. */
export function parseDuration(text: string): bigint {
  const invalid = () => new FunctionError(`time: invalid duration ${quote(text)}`);
  const sign = text.startsWith('-') ? -1n : 1n;
  let rest = text.replace(/^[+-]/, '');
  if (rest === '0') return 0n;
  if (rest === '') throw invalid();
  let total = 0n;
  while (rest !== '') {
    const [number = '', whole = '', fraction = ''] = /^(\d*)(?:\.(\d*))?/.exec(rest) ?? [];
    if (whole === '' && fraction === '') throw invalid();
    rest = rest.slice(number.length);
    const unit = /^[^.\d]*/.exec(rest)?.[0] ?? '';
    if (unit === '') throw new FunctionError(`time: missing unit in duration ${quote(text)}`);
    const size = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
    if (size === undefined)
      throw new FunctionError(`time: unknown unit ${quote(unit)} in duration ${quote(text)}`);
    rest = rest.slice(unit.length);
    total += BigInt(whole) * size;
    if (fraction !== '') total += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length);
    if (total > MOST) throw invalid();
  }
  return sign * total;
}

/** Go's format of a duration in whole seconds: `1h0m5s`. */
export function secondsText(seconds: bigint): string {
  const size = seconds < 0n ? -seconds : seconds;
  const [hours, minutes] = [size / 3600n, (size / 60n) % 60n];
  const head = hours > 0n ? `${hours}h${minutes}m` : minutes > 0n ? `${minutes}m` : '';
  return `${seconds < 0n ? '-' : ''}${head}${size % 60n}s`;
}
