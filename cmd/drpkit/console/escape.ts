/** The result of keyboard input. */
export type Typed = { characters: Buffer } | 'end' | 'help' | 'break';

const TILDE = '~'.charCodeAt(0);
const LINE_ENDS = new Set([...'\r\n'].map((character) => character.charCodeAt(0)));

/** Characters after `~`, as in ipmitool and ssh. */
const ESCAPES: ReadonlyMap<number, 'end' | 'help' | 'break'> = new Map([
  ['.'.charCodeAt(0), 'end'],
  ['?'.charCodeAt(0), 'help'],
  ['B'.charCodeAt(0), 'break'],
]);

export const ESCAPE_HELP = [
  '~.  end the console',
  '~B  send a break',
  '~~  send the ~ itself',
  '~?  show this',
  '(~ counts at the beginning of a line only)',
];

/** Finds commands for drpkit in keyboard input: `~` at the start of a line, and a character. */
export class Escape {
  #isLineStart = true;
  #isAfterTilde = false;

  take(characters: Uint8Array): Typed[] {
    const found: Typed[] = [];
    let plain: number[] = [];
    const flush = () => {
      if (plain.length > 0) found.push({ characters: Buffer.from(plain) });
      plain = [];
    };
    for (const character of characters) {
      if (this.#isAfterTilde) {
        this.#isAfterTilde = false;
        const meaning = ESCAPES.get(character);
        if (meaning !== undefined) {
          flush();
          found.push(meaning);
          this.#isLineStart = true;
          continue;
        }
        plain.push(TILDE);
        if (character === TILDE) {
          this.#isLineStart = false;
          continue;
        }
      } else if (this.#isLineStart && character === TILDE) {
        this.#isAfterTilde = true;
        continue;
      }
      plain.push(character);
      this.#isLineStart = LINE_ENDS.has(character);
    }
    flush();
    return found;
  }
}
