import { parseArgs } from 'node:util';
import { type Flag, flagText } from './flags.ts';

/** The flags that are given: text, all texts of one that repeats, or whether a flag without value is on. */
export type GivenFlags = ReadonlyMap<string, string | boolean | readonly string[]>;

/** A command line, taken apart. */
export interface Parsed {
  /** What is no flag, in order. */
  words: string[];
  flags: GivenFlags;
  /** What is wrong with the flags: one is unknown, or has no value, or one of the wrong kind. */
  problem: string | undefined;
}

/**
 * Looks for `flags` in a command line; they may stand anywhere before `--`. As drpcli does, it takes what follows a flag as
 * its value, whatever that looks like (`-P -secret-`), and also what is attached to its letter (`-Fyaml`, `-F=yaml`).
 */
export function parse(argv: readonly string[], flags: readonly Flag[]): Parsed {
  // Not strict: the words tell which command it is before all of its flags are known.
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      flags.map(({ name, short, value }) => [
        name,
        { type: value === undefined ? 'boolean' : 'string', ...(short !== undefined && { short }) },
      ]),
    ),
  });
  const known = new Map(flags.map((flag) => [flag.name, flag]));
  const words: string[] = [];
  const given = new Map<string, string | boolean | string[]>();
  const problems: string[] = [];
  let lastNumber: number | undefined;
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const word = argv[token.index] ?? '';
    const flag = known.get(token.name);
    if (flag !== undefined) {
      const { value, problem } = valueGiven(flag, token.rawName, token.value);
      const before = given.get(flag.name);
      const all = flag.repeats ? [...(Array.isArray(before) ? before : []), String(value)] : value;
      if (value !== undefined && all !== undefined) given.set(flag.name, all);
      if (problem !== undefined) problems.push(problem);
    } else if (word.startsWith('--')) {
      problems.push(`unknown flag: ${token.rawName}`);
    } else if (/^-[a-z]/i.test(word)) {
      problems.push(`unknown shorthand flag: '${token.name}' in ${word}`);
    } else if (token.index !== lastNumber) {
      // A negative number. Its digits come one by one, as letters do.
      words.push(word);
      lastNumber = token.index;
    }
  }
  return { words, flags: given, problem: problems[0] };
}

/** The value of a flag, or what is wrong with it. `written` is how the command line calls the flag. */
function valueGiven(
  flag: Flag,
  written: string,
  text: string | undefined,
): { value?: string | boolean; problem?: string } {
  const invalid = (why: string) => ({
    problem: `invalid argument "${text}" for "${flagText(flag)}" flag: ${why}`,
  });
  if (flag.value === undefined) {
    if (text === undefined || /^(1|t|true)$/i.test(text)) return { value: true };
    return /^(0|f|false)$/i.test(text) ? { value: false } : invalid('not true or false');
  }
  if (text === undefined) return { problem: `flag needs an argument: ${written}` };
  const value = written.startsWith('--') ? text : text.replace(/^=/, '');
  return flag.value === 'int' && !/^-?\d+$/.test(value) ? invalid('not a whole number') : { value };
}
