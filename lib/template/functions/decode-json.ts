import { isValidUtf8, runeBytes, runesOf } from '../bytes.ts';
import { quote } from '../quote.ts';
import { Dict, FunctionError, List, type Value, type Work } from '../values/value.ts';

const DEPTH_LIMIT = 10_000;
const END = 'unexpected end of JSON input';
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Parses JSON into values as Go's encoding/json does. Throws FunctionError with its messages. */
export function decodeJson(work: Work, text: string): Value {
  return new Reader(work, text).whole();
}

function characterText(character: string): string {
  if (character === "'") return "'\\''";
  return character === '"' ? `'"'` : `'${quote(runeBytes(character.charCodeAt(0))).slice(1, -1)}'`;
}

class Reader {
  readonly #work: Work;
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(work: Work, text: string) {
    this.#work = work;
    this.#text = text;
  }

  whole(): Value {
    const value = this.#value('looking for beginning of value');
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#unexpected('after top-level value');
    return value;
  }

  #skipSpace(): void {
    while (/^[ \t\r\n]$/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  /** Inside of a word or a number, Go reports the end of the text as a blank. */
  #unexpected(where: string): never {
    const character = this.#text[this.#at] ?? (/^in |decimal point/.test(where) ? ' ' : undefined);
    if (character === undefined) throw new FunctionError(END);
    throw new FunctionError(`invalid character ${characterText(character)} ${where}`);
  }

  #value(where: string): Value {
    this.#work.make(16);
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#nested(() => this.#object());
      case '[':
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', undefined);
      default:
        return this.#number(where);
    }
  }

  #nested(read: () => Value): Value {
    this.#depth++;
    if (this.#depth > DEPTH_LIMIT / 20) throw new FunctionError('exceeded max depth');
    const value = this.#work.nested(read);
    this.#depth--;
    return value;
  }

  #word(word: string, value: Value): Value {
    for (let index = 0; index < word.length; index++, this.#at++) {
      if (this.#text[this.#at] !== word[index])
        this.#unexpected(`in literal ${word} (expecting '${word[index]}')`);
    }
    return value;
  }

  #number(where: string): Value {
    NUMBER.lastIndex = this.#at;
    const digits = NUMBER.exec(this.#text)?.[0];
    if (digits === undefined) {
      if (this.#text[this.#at] !== '-') this.#unexpected(where);
      this.#at++;
      this.#unexpected('in numeric literal');
    }
    this.#at += digits.length;
    this.#numberEnd(digits);
    const value = Number(digits);
    if (!Number.isFinite(value))
      throw new FunctionError(`json: cannot unmarshal number ${digits} into Go value of type float64`);
    return value;
  }

  /** A fraction or exponent must have digits. */
  #numberEnd(digits: string): void {
    const next = this.#text[this.#at];
    if (next === '.' && !/[.eE]/.test(digits)) {
      this.#at++;
      this.#unexpected('after decimal point in numeric literal');
    }
    if ((next === 'e' || next === 'E') && !/[eE]/.test(digits)) {
      this.#at += /^[+-]/.test(this.#text.slice(this.#at + 1)) ? 2 : 1;
      this.#unexpected('in exponent of numeric literal');
    }
  }

  #array(): Value {
    const items: Value[] = [];
    this.#at++;
    this.#skipSpace();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return new List(items);
    }
    for (;;) {
      items.push(this.#value('looking for beginning of value'));
      this.#skipSpace();
      const next = this.#text[this.#at];
      if (next !== ',' && next !== ']') this.#unexpected('after array element');
      this.#at++;
      if (next === ']') return new List(items);
    }
  }

  #object(): Value {
    const entries = new Map<string, Value>();
    this.#at++;
    this.#skipSpace();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return new Dict(entries);
    }
    for (;;) {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') this.#unexpected('looking for beginning of object key string');
      const key = this.#string();
      this.#skipSpace();
      if (this.#text[this.#at] !== ':') this.#unexpected('after object key');
      this.#at++;
      entries.set(key, this.#value('looking for beginning of value'));
      this.#skipSpace();
      const next = this.#text[this.#at];
      if (next !== ',' && next !== '}') this.#unexpected('after object key:value pair');
      this.#at++;
      if (next === '}') return new Dict(entries);
    }
  }

  #string(): string {
    let text = '';
    this.#at++;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) throw new FunctionError(END);
      if (character === '"') break;
      if (character < ' ') this.#unexpected('in string literal');
      this.#at++;
      text += character === '\\' ? this.#escape() : character;
    }
    this.#at++;
    return isValidUtf8(text) ? text : runesOf(text).map(runeBytes).join('');
  }

  #escape(): string {
    const letter = this.#text[this.#at] ?? '';
    const simple = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (simple === undefined && letter !== 'u') this.#unexpected('in string escape code');
    this.#at++;
    if (simple !== undefined) return simple;
    const first = this.#hexadecimal();
    if (first >= 0xd800 && first < 0xdc00 && this.#text.startsWith('\\u', this.#at)) {
      const back = this.#at;
      this.#at += 2;
      const second = this.#hexadecimal();
      if (second >= 0xdc00 && second < 0xe000)
        return runeBytes(0x10000 + (first - 0xd800) * 0x400 + second - 0xdc00);
      this.#at = back;
    }
    return runeBytes(first);
  }

  #hexadecimal(): number {
    let value = 0;
    for (let index = 0; index < 4; index++, this.#at++) {
      const digit = this.#text[this.#at] ?? '';
      if (!/^[0-9a-fA-F]$/.test(digit)) this.#unexpected('in \\u hexadecimal character escape');
      value = value * 16 + Number.parseInt(digit, 16);
    }
    return value;
  }
}
