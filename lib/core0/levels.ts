import { JSON_LEVEL } from './frame.ts';

/** The levels of 0-core (base/pm/stream). Output without a level has level 1 on stdout and 2 on stderr. */
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

/** The lowest level of results. The last result of an output counts. */
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
 * Parses levelled output as it arrives: a line `LEVEL::text`, a block from `LEVEL:::` to `\n:::\n`, and other lines
 * with the level of their stream. As in 0-core, a line such as `2001::1 is up` has level 2001. Input may be split
 * anywhere.
 */
export class LevelReader {
  readonly #own: number;
  #rest = '';

  /** `own` is the level of the stream: stdout or stderr. */
  constructor(own: number) {
    this.#own = own;
  }

  /** The messages that `text` completes. */
  add(text: string): LevelledMessage[] {
    this.#rest += text;
    return this.#read(false);
  }

  /** The rest at the end: a line without newline, or an unfinished block. */
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

  /** The message at `from`, and the start of the next one; undefined when it is incomplete. */
  #next(from: number, atEnd: boolean): (LevelledMessage & { to: number }) | undefined {
    const text = this.#rest;
    const newline = text.indexOf('\n', from);
    const lineEnd = newline === -1 ? text.length : newline;
    // Only the first characters are matched, so that long lines are not searched.
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
