import type { Secrets } from '../../models/index.ts';
import { isSecureData } from '../state/secure-data.ts';

const MASK = '***';

/** A token of JSON: a string with its quotes, white space, or a single word or sign. */
interface Token {
  text: string;
  kind: 'name' | 'text' | 'blank' | 'word' | 'open' | 'close' | 'comma';
}

/** The values of secret params in a JSON text, and the text without them. */
export class SecretMembers {
  readonly #isJson: boolean;
  readonly #tokens: Token[];
  /** First and last token of each secret value. */
  readonly #values: (readonly [first: number, last: number])[] = [];
  /** All strings and numbers in secret values. */
  readonly texts: string[] = [];

  /** With `cut`, the text may end anywhere. */
  constructor(json: string, isSecret: (name: string) => boolean, { cut }: { cut: boolean }) {
    this.#isJson = cut || isJson(json);
    this.#tokens = tokensOf(json);
    const known = new Map<string, boolean>();
    for (let at = 0; at < this.#tokens.length; at += 1) {
      const token = this.#tokens[at];
      if (token?.kind !== 'name') continue;
      const name = decoded(token.text);
      const secret = known.get(name) ?? isSecret(name);
      known.set(name, secret);
      if (!secret) continue;
      const value = this.#valueAfter(at);
      if (value === undefined) break;
      this.#take(value);
      at = value[1];
    }
  }

  /** The text with secret values and all occurrences of `secrets` masked, except in names of members. */
  masked(secrets: Secrets): string {
    const parts: string[] = [];
    const hidden = this.#values.values();
    let next = hidden.next().value;
    for (let at = 0; at < this.#tokens.length; at += 1) {
      if (next !== undefined && at === next[0]) {
        parts.push(`"${MASK}"`);
        at = next[1];
        next = hidden.next().value;
        continue;
      }
      const { text = '', kind = 'blank' } = this.#tokens[at] ?? {};
      parts.push(kind === 'text' || kind === 'word' ? secrets.mask(text) : text);
    }
    // In text that is not JSON, a secret may span several tokens.
    return this.#isJson ? parts.join('') : secrets.mask(parts.join(''));
  }

  /** The value after a member's name; undefined when the text ends before it. */
  #valueAfter(name: number): [first: number, last: number] | undefined {
    let first = name + 1;
    while (this.#tokens[first]?.kind === 'blank') first += 1;
    if (this.#tokens[first] === undefined) return undefined;
    let depth = 0;
    for (let last = first; last < this.#tokens.length; last += 1) {
      const kind = this.#tokens[last]?.kind;
      if (kind === 'open') depth += 1;
      if (kind === 'close') depth -= 1;
      if (depth <= 0) return [first, last];
    }
    return [first, this.#tokens.length - 1];
  }

  /**
   * Records a secret value. Empty values and booleans reveal nothing, and encrypted ones can only be read by the
   * endpoint: they stay.
   */
  #take(value: readonly [first: number, last: number]): void {
    const tokens = this.#tokens.slice(value[0], value[1] + 1);
    const text = tokens.map((token) => token.text).join('');
    if (/^(?:null|true|false|""|,|\}|\])$/.test(text) || isSealed(text)) return;
    this.#values.push(value);
    for (const token of tokens) {
      if (token.kind === 'text') this.texts.push(decoded(token.text));
      if (token.kind === 'word' && !/^(?:null|true|false)$/.test(token.text)) this.texts.push(token.text);
    }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isSealed(text: string): boolean {
  try {
    return isSecureData(JSON.parse(text));
  } catch {
    return false;
  }
}

/** The value of a string token, whose closing quote may be missing. */
function decoded(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    return token.replace(/^"/, '').replace(/"$/, '');
  }
}

const SIGNS: Readonly<Record<string, Token['kind']>> = {
  '{': 'open',
  '[': 'open',
  '}': 'close',
  ']': 'close',
  ',': 'comma',
};
const BLANKS = ' \t\r\n';
const NOT_IN_WORDS = `${BLANKS}{}[],:"`;

function tokensOf(json: string): Token[] {
  const tokens: Token[] = [];
  /** The last string: a name, if a colon follows. */
  let lastText: Token | undefined;
  for (let at = 0; at < json.length; ) {
    const sign = json.charAt(at);
    const begin = at;
    if (sign === '"') {
      at = endOfText(json, at);
      lastText = { text: json.slice(begin, at), kind: 'text' };
      tokens.push(lastText);
      continue;
    }
    if (BLANKS.includes(sign) || sign === ':') {
      at += 1;
      while (at < json.length && BLANKS.includes(json.charAt(at))) at += 1;
      if (sign === ':' && lastText !== undefined) lastText.kind = 'name';
      tokens.push({ text: json.slice(begin, at), kind: 'blank' });
      continue;
    }
    at += 1;
    const kind = SIGNS[sign];
    if (kind === undefined) while (at < json.length && !NOT_IN_WORDS.includes(json.charAt(at))) at += 1;
    tokens.push({ text: json.slice(begin, at), kind: kind ?? 'word' });
    lastText = undefined;
  }
  return tokens;
}

/** The end of the string that begins at `begin`. */
function endOfText(json: string, begin: number): number {
  for (let at = begin + 1; at < json.length; at += 1) {
    const sign = json.charAt(at);
    if (sign === '\\') at += 1;
    else if (sign === '"') return at + 1;
  }
  return json.length;
}
