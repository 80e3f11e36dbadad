import { runeAt } from '../bytes.ts';
import { typeName } from '../values/kind.ts';
import { Int, type Value, type Work } from '../values/value.ts';
import { NO_FLAGS } from './flags.ts';
import { Printer } from './printer.ts';

/** Larger widths and precisions are ignored. */
const WIDTH_LIMIT = 1_000_000;

/** Go's fmt.Sprint: a space between operands when neither is a string. */
export function print(work: Work, values: readonly Value[]): string {
  const [only] = values;
  if (values.length === 1 && typeof only === 'string') return only;
  const printer = new Printer(work);
  let text = '';
  for (const [index, value] of values.entries()) {
    if (index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string') text += ' ';
    text += printer.argument(value, 'v');
  }
  return text;
}

/** Go's fmt.Sprintln. */
export function println(work: Work, values: readonly Value[]): string {
  return `${values.map((value) => print(work, [value])).join(' ')}\n`;
}

/** Go's fmt.Sprintf, including its notation for errors: `%!d(string=text)`. */
export function printf(work: Work, format: string, values: readonly Value[]): string {
  return new Formatting(work, format, values).run();
}

class Formatting {
  readonly #printer: Printer;
  #text = '';
  readonly #format: string;
  readonly #values: readonly Value[];
  #at = 0;
  #argument = 0;
  #reordered = false;
  #badIndex = false;
  #afterIndex = false;

  constructor(work: Work, format: string, values: readonly Value[]) {
    this.#printer = new Printer(work);
    this.#format = format;
    this.#values = values;
  }

  run(): string {
    const format = this.#format;
    while (this.#at < format.length) {
      const percent = format.indexOf('%', this.#at);
      const end = percent === -1 ? format.length : percent;
      if (end > this.#at) this.#text += format.slice(this.#at, end);
      this.#at = end + 1;
      if (percent !== -1) this.#directive();
    }
    if (!this.#reordered) this.#extra();
    return this.#text;
  }

  #directive(): void {
    this.#printer.flags = { ...NO_FLAGS };
    this.#badIndex = false;
    this.#afterIndex = false;
    this.#readFlags();
    this.#readIndex();
    this.#readWidth();
    this.#readPrecision();
    if (!this.#afterIndex) this.#readIndex();
    if (this.#at >= this.#format.length) {
      this.#text += '%!(NOVERB)';
      return;
    }
    const { width } = runeAt(this.#format, this.#at);
    const verb = this.#format.slice(this.#at, this.#at + width);
    this.#at += width;
    if (verb === '%') this.#text += '%';
    else if (this.#badIndex) this.#text += `%!${verb}(BADINDEX)`;
    else if (this.#argument >= this.#values.length) this.#text += `%!${verb}(MISSING)`;
    else this.#verb(verb);
  }

  #verb(verb: string): void {
    const { flags } = this.#printer;
    if (verb === 'v') {
      flags.sharpV = flags.sharp;
      flags.plusV = flags.plus;
      flags.sharp = false;
      flags.plus = false;
    }
    this.#text += this.#printer.argument(this.#values[this.#argument], verb);
    this.#argument++;
  }

  #readFlags(): void {
    const { flags } = this.#printer;
    for (; ; this.#at++) {
      switch (this.#format[this.#at]) {
        case '#':
          flags.sharp = true;
          break;
        case '0':
          flags.zero = !flags.minus;
          break;
        case '+':
          flags.plus = true;
          break;
        case '-':
          flags.minus = true;
          flags.zero = false;
          break;
        case ' ':
          flags.space = true;
          break;
        default:
          return;
      }
    }
  }

  /** Reads `[2]`, the number of the next argument. */
  #readIndex(): void {
    this.#afterIndex = false;
    const format = this.#format;
    if (format[this.#at] !== '[') return;
    this.#reordered = true;
    const close = format.indexOf(']', this.#at);
    if (close === -1) {
      this.#badIndex = true;
      this.#at++;
      return;
    }
    const inner = format.slice(this.#at + 1, close);
    const index = /^\d+$/.test(inner) ? Number(inner) - 1 : Number.NaN;
    this.#at = close + 1;
    if (index >= 0 && index < this.#values.length) this.#argument = index;
    else this.#badIndex = true;
    this.#afterIndex = !Number.isNaN(index);
  }

  #readWidth(): void {
    const { flags } = this.#printer;
    if (this.#format[this.#at] !== '*') {
      flags.width = this.#readNumber();
      if (this.#afterIndex && flags.width !== undefined) this.#badIndex = true;
      return;
    }
    this.#at++;
    const width = this.#numberArgument();
    if (width === undefined) this.#text += '%!(BADWIDTH)';
    else if (width < 0) {
      flags.minus = true;
      flags.zero = false;
    }
    flags.width = width === undefined ? undefined : Math.abs(width);
    this.#afterIndex = false;
  }

  #readPrecision(): void {
    const { flags } = this.#printer;
    if (this.#format[this.#at] !== '.' || this.#at + 1 >= this.#format.length) return;
    this.#at++;
    if (this.#afterIndex) this.#badIndex = true;
    this.#readIndex();
    if (this.#format[this.#at] !== '*') {
      flags.precision = this.#readNumber() ?? 0;
      return;
    }
    this.#at++;
    const precision = this.#numberArgument();
    flags.precision = precision !== undefined && precision >= 0 ? precision : undefined;
    if (flags.precision === undefined) this.#text += '%!(BADPREC)';
    this.#afterIndex = false;
  }

  #readNumber(): number | undefined {
    const digits = /^\d+/.exec(this.#format.slice(this.#at, this.#at + 9))?.[0];
    if (digits === undefined) return undefined;
    if (Number(digits) <= WIDTH_LIMIT * 10) {
      this.#at += digits.length;
      return Number(digits);
    }
    this.#at = this.#format.length;
    return undefined;
  }

  #numberArgument(): number | undefined {
    const value = this.#values[this.#argument];
    if (this.#argument < this.#values.length) this.#argument++;
    if (!(value instanceof Int)) return undefined;
    const number = Number(value.value);
    return Math.abs(number) > WIDTH_LIMIT ? undefined : number;
  }

  #extra(): void {
    const rest = this.#values.slice(this.#argument);
    if (rest.length === 0) return;
    this.#printer.flags = { ...NO_FLAGS };
    const shown = rest.map((value) => {
      const type = value === undefined ? '' : `${typeName(value)}=`;
      return type + this.#printer.argument(value, 'v');
    });
    this.#text += `%!(EXTRA ${shown.join(', ')})`;
  }
}
