import { runeAt, runeBytes } from '../bytes.ts';
import { isPrintable, quote } from '../quote.ts';
import { isKeyword, type Token, type TokenKind } from './token.ts';

const LEFT = '{{';
const RIGHT = '}}';
const ASCII_ALPHANUMERIC = new Set(
  Array.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz', (letter) =>
    letter.charCodeAt(0),
  ),
);
const ALPHANUMERIC = /^[\p{L}\p{Nd}_]$/u;
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*\.?[0-7_]*|0[bB][01_]*\.?[01_]*|[0-9_]*\.?[0-9_]*(?:[eE][+-]?[0-9_]*)?)i?/y;

/** Splits a template (as a byte string) into the tokens of Go's text/template, with its error messages. */
export class Lexer {
  readonly #input: string;
  #position = 0;
  #inAction = false;
  #parentheses = 0;
  #line = 1;
  #counted = 0;
  #last: Token | undefined;

  constructor(input: string) {
    this.#input = input;
  }

  /** The next token. At the end of the text or after an error, the same one again. */
  next(): Token {
    return this.#last ?? (this.#inAction ? this.#nextInAction() : this.#nextInText());
  }

  #token(kind: TokenKind, start: number, end: number): Token {
    this.#position = end;
    return { kind, value: this.#input.slice(start, end), at: start, line: this.#lineAt(start) };
  }

  #error(message: string, start: number): Token {
    this.#last = { kind: 'error', value: message, at: start, line: this.#lineAt(start) };
    return this.#last;
  }

  /** The line of an offset. Offsets must be ascending. */
  #lineAt(offset: number): number {
    for (; this.#counted < offset; this.#counted++) {
      if (this.#input[this.#counted] === '\n') this.#line++;
    }
    return this.#line;
  }

  #nextInText(): Token {
    const input = this.#input;
    for (;;) {
      const start = this.#position;
      const left = input.indexOf(LEFT, start);
      if (left === -1) {
        if (start < input.length) return this.#token('text', start, input.length);
        this.#last = this.#token('end of text', start, start);
        return this.#last;
      }
      const inner = left + LEFT.length;
      const trims = input[inner] === '-' && isSpace(input[inner + 1]);
      let end = left;
      while (trims && end > start && isSpace(input[end - 1])) end--;
      if (end > start) {
        const text = this.#token('text', start, end);
        this.#position = left;
        return text;
      }
      const first = trims ? inner + 2 : inner;
      if (!input.startsWith('/*', first)) {
        const delimiter = this.#token('left delimiter', left, inner);
        this.#position = first;
        this.#inAction = true;
        this.#parentheses = 0;
        return delimiter;
      }
      const problem = this.#skipComment(first);
      if (problem !== undefined) return problem;
    }
  }

  #skipComment(start: number): Token | undefined {
    const close = this.#input.indexOf('*/', start + 2);
    if (close === -1) return this.#error('unclosed comment', start);
    const right = this.#rightDelimiter(close + 2);
    if (right === undefined) return this.#error('comment ends before closing delimiter', start);
    this.#position = right.next;
    return undefined;
  }

  /** The right delimiter at `at`, if any: its start without trim marker, and the offset after it. */
  #rightDelimiter(at: number): { start: number; next: number } | undefined {
    const input = this.#input;
    if (input.startsWith(RIGHT, at)) return { start: at, next: at + RIGHT.length };
    if (!isSpace(input[at]) || input[at + 1] !== '-' || !input.startsWith(RIGHT, at + 2)) return undefined;
    let next = at + 2 + RIGHT.length;
    while (isSpace(input[next])) next++;
    return { start: at + 2, next };
  }

  #nextInAction(): Token {
    const input = this.#input;
    const start = this.#position;
    const right = this.#rightDelimiter(start);
    if (right !== undefined) {
      if (this.#parentheses > 0) return this.#error('unclosed left paren', start);
      const delimiter = this.#token('right delimiter', right.start, right.start + RIGHT.length);
      this.#position = right.next;
      this.#inAction = false;
      return delimiter;
    }
    const character = input[start];
    switch (character) {
      case undefined:
        return this.#error('unclosed action', start);
      case ' ':
      case '\t':
      case '\r':
      case '\n':
        return this.#space(start);
      case '=':
        return this.#token('assign', start, start + 1);
      case ':':
        if (input[start + 1] !== '=') return this.#error('expected :=', start);
        return this.#token('declare', start, start + 2);
      case '|':
        return this.#token('pipe', start, start + 1);
      case '"':
        return this.#quoted(start, 'string', 'unterminated quoted string');
      case "'":
        return this.#quoted(start, 'character', 'unterminated character constant');
      case '`': {
        const end = input.indexOf('`', start + 1);
        if (end === -1) return this.#error('unterminated raw quoted string', start);
        return this.#token('raw string', start, end + 1);
      }
      case '$':
        return this.#word(start, 'variable');
      case '(':
        this.#parentheses++;
        return this.#token('left parenthesis', start, start + 1);
      case ')': {
        const token = this.#token('right parenthesis', start, start + 1);
        this.#parentheses--;
        if (this.#parentheses < 0) this.#error(`unexpected right paren ${unicodeText(0x29)}`, start + 1);
        return token;
      }
      default:
        return this.#other(start, character);
    }
  }

  #other(start: number, character: string): Token {
    const input = this.#input;
    if (character === '.' && start + 1 < input.length && !isDigit(input[start + 1]))
      return this.#word(start, 'field');
    if (character === '.' || character === '+' || character === '-' || isDigit(character))
      return this.#number(start);
    const { value } = runeAt(input, start);
    if (isAlphanumeric(value)) return this.#identifier(start);
    if (value < 0x80 && isPrintable(value)) return this.#token('other', start, start + 1);
    return this.#error(`unrecognized character in action: ${unicodeText(value)}`, start);
  }

  #space(start: number): Token {
    let end = start;
    while (isSpace(this.#input[end])) end++;
    // The last space may be part of a trim marker.
    if (this.#input[end] === '-' && this.#input.startsWith(RIGHT, end + 1)) end--;
    return this.#token('space', start, end);
  }

  #quoted(start: number, kind: 'string' | 'character', problem: string): Token {
    const mark = this.#input[start];
    for (let at = start + 1; at < this.#input.length; at++) {
      const character = this.#input[at];
      if (character === '\n') break;
      if (character === mark) return this.#token(kind, start, at + 1);
      if (character === '\\') {
        at++;
        if (this.#input[at] === '\n') break;
      }
    }
    return this.#error(problem, start);
  }

  #alphanumericEnd(from: number): number {
    let end = from;
    while (end < this.#input.length) {
      const { value, width } = runeAt(this.#input, end);
      if (!isAlphanumeric(value)) break;
      end += width;
    }
    return end;
  }

  /** Reads a field or a variable, or only its mark. */
  #word(start: number, kind: 'field' | 'variable'): Token {
    const end = this.#alphanumericEnd(start + 1);
    if (!this.#isTerminated(end)) return this.#badCharacter(start, end);
    if (end === start + 1 && kind === 'field') return this.#token('dot', start, end);
    return this.#token(kind, start, end);
  }

  #identifier(start: number): Token {
    const end = this.#alphanumericEnd(start);
    if (!this.#isTerminated(end)) return this.#badCharacter(start, end);
    const word = this.#input.slice(start, end);
    if (isKeyword(word)) return this.#token(word, start, end);
    return this.#token(word === 'true' || word === 'false' ? 'bool' : 'identifier', start, end);
  }

  #isTerminated(end: number): boolean {
    const next = this.#input[end];
    if (next === undefined || isSpace(next) || '.,|:)('.includes(next)) return true;
    return this.#input.startsWith(RIGHT, end);
  }

  #badCharacter(start: number, at: number): Token {
    return this.#error(`bad character ${unicodeText(runeAt(this.#input, at).value)}`, start);
  }

  #number(start: number): Token {
    const real = this.#numberEnd(start);
    if (real.bad)
      return this.#error(`bad number syntax: ${quote(this.#input.slice(start, real.end))}`, start);
    const sign = this.#input[real.end];
    if (sign !== '+' && sign !== '-') return this.#token('number', start, real.end);
    const imaginary = this.#numberEnd(real.end);
    if (imaginary.bad || this.#input[imaginary.end - 1] !== 'i')
      return this.#error(`bad number syntax: ${quote(this.#input.slice(start, imaginary.end))}`, start);
    return this.#token('complex', start, imaginary.end);
  }

  /** The end of the number, and whether a letter or digit follows it (then the end is after that). */
  #numberEnd(start: number): { end: number; bad: boolean } {
    NUMBER.lastIndex = start;
    const end = start + (NUMBER.exec(this.#input)?.[0].length ?? 0);
    if (end >= this.#input.length) return { end, bad: false };
    const { value, width } = runeAt(this.#input, end);
    return isAlphanumeric(value) ? { end: end + width, bad: true } : { end, bad: false };
  }
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\n';
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

function isAlphanumeric(rune: number): boolean {
  if (rune < 0x80) return ASCII_ALPHANUMERIC.has(rune);
  return ALPHANUMERIC.test(String.fromCodePoint(rune));
}

/** Go's `%#U`. */
function unicodeText(rune: number): string {
  const code = `U+${rune.toString(16).toUpperCase().padStart(4, '0')}`;
  return isPrintable(rune) ? `${code} '${runeBytes(rune)}'` : code;
}
