import { JSON_LEVEL } from './frame.ts';

/** The levels of 0-core (base/pm/stream): what is read without one is level 1 from stdout and 2 from stderr. */
export const LEVELS = {
  stdout: 1,
  stderr: 2,
  public: 3,
  operator: 4,
  log: 6,
  warning: 7,
  operatorError: 8,
  critical: 9,
  statsd: 10,
  debug: 11,
  json: JSON_LEVEL,
  yaml: 21,
  toml: 22,
  hrd: 23,
  job: 30,
} as const;

/** The levels of results. The last result of an output is the one that counts. */
const FIRST_RESULT = LEVELS.json;
const LAST_RESULT = LEVELS.job;

export interface LevelledMessage {
  level: number;
  text: string;
}

/** Whether a message of this level is a result. */
export function isResult(level: number): boolean {
  return level >= FIRST_RESULT && level <= LAST_RESULT;
}

/**
 * Reads levelled output as it comes: a line `LEVEL::text`, a block from `LEVEL:::` up to `\n:::\n`, other lines with the
 * level of their stream. A line such as `2001::1 is up` has the level 2001, as in 0-core. Blocks may come in any pieces.
 */
export class LevelReader {
  readonly #own: number;
  #rest = '';

  /** `own` is the level of lines that name none: that of stdout or of stderr. */
  constructor(own: number) {
    this.#own = own;
  }

  /** The messages that `text` completes. */
  add(text: string): LevelledMessage[] {
    this.#rest += text;
    return this.#read(false);
  }

  /** What is left at the end: a line without its newline, or a block without its end. */
  end(): LevelledMessage[] {
    return this.#read(true);
  }

  #read(atEnd: boolean): LevelledMessage[] {
    const messages: LevelledMessage[] = [];
    let from = 0;
    while (from < this.#rest.length) {
      const message = this.#next(from, atEnd);
      if (message === undefined) break;
      messages.push({ level: message.level, text: message.text });
      from = message.to;
    }
    this.#rest = this.#rest.slice(from);
    return messages;
  }

  /** The message that starts at `from`, and where the next one does; undefined when it is not complete. */
  #next(from: number, atEnd: boolean): (LevelledMessage & { to: number }) | undefined {
    const text = this.#rest;
    const newline = text.indexOf('\n', from);
    const lineEnd = newline === -1 ? text.length : newline;
    // The number is short, so that a long line is not searched for it.
    const [prefix, digits, colons] = /^(\d{1,9})(::?:)/.exec(text.slice(from, from + 12)) ?? [];
    const level = digits === undefined ? this.#own : Number(digits);
    const start = from + (prefix?.length ?? 0);
    if (colons === ':::') {
      const end = text.indexOf('\n:::\n', start);
      if (end !== -1) return { level, text: text.slice(start, end), to: end + 5 };
      return atEnd ? { level, text: text.slice(start).replace(/\n:::$/, ''), to: text.length } : undefined;
    }
    if (newline === -1 && !atEnd) return undefined;
    return { level, text: text.slice(start, lineEnd), to: lineEnd + 1 };
  }
}
