import { runeBytes, runesOf } from '../bytes.ts';
import { quote } from '../quote.ts';

const KEYWORDS = [
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
] as const;
type Keyword = (typeof KEYWORDS)[number];

export type TokenKind =
  | Keyword
  | 'assign'
  | 'bool'
  | 'character'
  | 'complex'
  | 'declare'
  | 'dot'
  | 'end of text'
  | 'error'
  | 'field'
  | 'identifier'
  | 'left delimiter'
  | 'left parenthesis'
  | 'number'
  | 'other'
  | 'pipe'
  | 'raw string'
  | 'right delimiter'
  | 'right parenthesis'
  | 'space'
  | 'string'
  | 'text'
  | 'variable';

export interface Token {
  readonly kind: TokenKind;
  /** The token's bytes, or the message of an error. */
  readonly value: string;
  /** Offset in the text, in bytes. */
  readonly at: number;
  readonly line: number;
}

export function isKeyword(word: string): word is Keyword {
  return (KEYWORDS as readonly string[]).includes(word);
}

/** The token in the form of Go's error messages. */
export function tokenText({ kind, value }: Token): string {
  if (kind === 'end of text') return 'EOF';
  if (kind === 'error') return value;
  if (kind === 'dot' || isKeyword(kind)) return `<${value}>`;
  if (value.length <= 10) return quote(value);
  return `${quote(runesOf(value).slice(0, 10).map(runeBytes).join(''))}...`;
}
