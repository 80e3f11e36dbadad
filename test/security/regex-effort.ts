import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';

// Loops of one character would not count their steps back; and an interpreter would run the first executions.
for (const flag of ['allow-natives-syntax', 'no-regexp-optimization', 'no-regexp-tier-up'])
  setFlagsFromString(`--${flag}`);

/** A RegExp of V8 that gives up, as if it did not match, after so many steps back. */
const limited = runInThisContext(
  '(source, flags, limit) => %NewRegExpWithBacktrackLimit(source, flags, limit)',
) as (source: string, flags: string, limit: number) => RegExp;

/**
 * An expression whose effort is measured in steps back, which are exact, whatever the machine is doing. It is wrapped so that it
 * always matches in the end, by an empty alternative, and never does so when it gave up.
 */
export class MeasuredRegex {
  readonly #source: string;
  readonly #flags: string;
  readonly #limited = new Map<number, RegExp>();

  constructor({ source, flags }: RegExp) {
    this.#source = wrapped(withoutEnds(source, flags), flags);
    this.#flags = flags.replace(/[gy]/g, '');
  }

  /** Whether it has matched or failed, at all places that it is tried at, with at most `limit` steps back. */
  endsWithin(limit: number, input: string): boolean {
    let regex = this.#limited.get(limit);
    regex ??= limited(this.#source, this.#flags, limit);
    this.#limited.set(limit, regex);
    return regex.exec(input) !== null;
  }
}

/** Sticky: tried at one place. Global: at all places, from each match on to the next. Else: until it matches. */
function wrapped(source: string, flags: string): string {
  if (flags.includes('y')) return `(?:${source})|`;
  if (!flags.includes('g')) return `(?<![^])[^]*?(?:${source})|`;
  // What a lookahead has found is final, like a match.
  return `(?<![^])(?:(?=(?<found>${source}))\\k<found>|[^])*|`;
}

/** `$` in other words: before it V8 leaves loops without steps back, for which it has gone as far as for others. */
function withoutEnds(source: string, flags: string): string {
  const end = flags.includes('m') ? '(?![^\\n\\r\\u2028\\u2029])' : '(?![^])';
  return source.replace(/\\.|\[(?:\\.|[^\]\\])*\]|\$/gs, (token) => (token === '$' ? end : token));
}
