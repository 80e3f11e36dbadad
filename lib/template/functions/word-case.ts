import { runeAt, runeBytes, runesOf } from '../bytes.ts';
import {
  isLetter,
  isNumber,
  isPunctuation,
  isSpace,
  isUpper,
  lowerRune,
  mapRunes,
  upperRune,
} from './characters.ts';

// By the rules of the package xstrings, which sprig uses.

function isConnector(rune: number): boolean {
  return rune === 0x2d || rune === 0x5f || isSpace(rune);
}

/**
 * `some_words` becomes `SomeWords`. Leading connectors, and all but one of several, are kept; if there is nothing else,
 * the last one is doubled.
 */
export function camelCase(text: string): string {
  const runes = runesOf(text);
  const start = runes.findIndex((rune) => !isConnector(rune));
  if (start === -1) return [...runes, ...runes.slice(-1)].map(runeBytes).join('');
  const camel = runes.slice(0, start).map(runeBytes);
  let last = upperRune(runes[start] ?? 0);
  for (const rune of runes.slice(start + 1)) {
    if (isConnector(rune) && isConnector(last)) {
      camel.push(runeBytes(last));
      last = rune;
      continue;
    }
    if (!isConnector(last)) camel.push(runeBytes(last));
    last = isConnector(last) ? upperRune(rune) : lowerRune(rune);
  }
  return camel.join('') + runeBytes(last);
}

type Kind = 'none' | 'number' | 'upper' | 'letters' | 'connector' | 'punctuation' | 'other';

interface Word {
  readonly kind: Kind;
  readonly text: string;
}

/** `FirstName` becomes `first_name`. */
export function wordsJoined(text: string, connector: string): string {
  const words = new Words(text, connector);
  if (text === '') return '';
  let word = words.next();
  while (words.hasMore) {
    if (word.kind !== 'connector') words.write(word);
    const previous = word;
    word = words.next();
    if (previous.kind === 'number') {
      word = words.writeTail(word);
      if (!['none', 'punctuation', 'connector'].includes(word.kind)) words.connect();
    } else if (previous.kind === 'connector') words.write(previous);
    else if (previous.kind !== 'punctuation') word = words.afterLetters(word);
  }
  words.write(word);
  return words.result;
}

class Words {
  result = '';
  readonly #text: string;
  readonly #connector: string;
  #at = 0;

  constructor(text: string, connector: string) {
    this.#text = text;
    this.#connector = connector;
  }

  get hasMore(): boolean {
    return this.#at < this.#text.length;
  }

  connect(): void {
    this.result += this.#connector;
  }

  write({ kind, text }: Word): void {
    if (kind !== 'upper' && kind !== 'connector') {
      this.result += text;
      return;
    }
    this.result += mapRunes(text, (rune) =>
      isConnector(rune) ? this.#connector.charCodeAt(0) : isUpper(rune) ? lowerRune(rune) : rune,
    );
  }

  /** Writes letters and numbers that continue a number. Returns the next other word. */
  writeTail(first: Word): Word {
    let word = first;
    while (word.kind === 'letters' || word.kind === 'number') {
      this.write(word);
      word = this.next();
    }
    return word;
  }

  /** Writes the part between letters and `word`, and `word` if it is a number. Returns the word to continue with. */
  afterLetters(word: Word): Word {
    if (word.kind !== 'number') {
      if (word.kind !== 'connector' && word.kind !== 'punctuation') this.connect();
      return word;
    }
    if (!this.hasMore) return word;
    let next = this.next();
    if (next.kind !== 'letters') {
      this.write(word);
      if (next.kind !== 'connector' && next.kind !== 'punctuation') this.connect();
      return next;
    }
    this.connect();
    this.write(word);
    next = this.writeTail(next);
    if (!['none', 'connector', 'punctuation'].includes(next.kind)) this.connect();
    return next;
  }

  next(): Word {
    if (!this.hasMore) return { kind: 'none', text: '' };
    const start = this.#at;
    const first = this.#rune();
    const kind = kindOf(first);
    if (kind === 'upper') this.#upper(start);
    else this.#while((rune) => belongs(kind, rune));
    return { kind, text: this.#text.slice(start, this.#at) };
  }

  /**
   * Reads one upper-case letter and the following lower case, or several upper-case letters without the one that begins
   * the next word.
   */
  #upper(start: number): void {
    if (!this.hasMore) return;
    const { value } = runeAt(this.#text, this.#at);
    if (isUpper(value)) {
      let last = this.#at;
      while (this.hasMore && isUpper(runeAt(this.#text, this.#at).value)) {
        last = this.#at;
        this.#rune();
      }
      if (this.hasMore && isLetter(runeAt(this.#text, this.#at).value)) this.#at = last;
      if (this.#at === start) this.#rune();
    } else if (isLetter(value)) this.#while((rune) => isLetter(rune) && !isUpper(rune));
  }

  #while(test: (rune: number) => boolean): void {
    while (this.hasMore && test(runeAt(this.#text, this.#at).value)) this.#rune();
  }

  #rune(): number {
    const { value, width } = runeAt(this.#text, this.#at);
    this.#at += width;
    return value;
  }
}

function kindOf(rune: number): Kind {
  if (isConnector(rune)) return 'connector';
  if (isPunctuation(rune)) return 'punctuation';
  if (isUpper(rune)) return 'upper';
  if (isLetter(rune)) return 'letters';
  return isNumber(rune) ? 'number' : 'other';
}

function belongs(kind: Kind, rune: number): boolean {
  switch (kind) {
    case 'connector':
      return isConnector(rune);
    case 'punctuation':
      return isPunctuation(rune);
    case 'letters':
      return isLetter(rune) && !isUpper(rune);
    case 'number':
      return isNumber(rune);
    default:
      return !isConnector(rune) && !isLetter(rune) && !isNumber(rune) && !isPunctuation(rune);
  }
}
