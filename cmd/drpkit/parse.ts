import { type Flag, flagText } from './flags.ts';

/** A command line, taken apart. */
export interface Parsed {
  /** What is no flag, in order. */
  words: string[];
  /** The flags that are given: text, or whether a flag without value is on. */
  flags: ReadonlyMap<string, string | boolean>;
  /** What is wrong with the flags: one is unknown, or has no value, or one of the wrong kind. */
  problem: string | undefined;
}

/** Looks for `flags` in a command line; they may stand anywhere before `--`. */
export async function parse(argv: readonly string[], flags: readonly Flag[]): Promise<Parsed> {
  const { Parser } = await import('yargs/helpers');
  const { joined, noValue } = withValues(argv, flags);
  const named = (kind: (flag: Flag) => boolean) => flags.filter(kind).map(({ name }) => name);
  const {
    _: words,
    '--': rest,
    ...values
  } = Parser(joined, {
    boolean: named(({ value }) => value === undefined),
    string: named(({ value }) => value !== undefined),
    alias: Object.fromEntries(
      flags.flatMap(({ name, short }) => (short === undefined ? [] : [[name, short]])),
    ),
    configuration: {
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': false,
      'parse-positional-numbers': false,
      'populate--': true,
      'strip-aliased': true,
      'unknown-options-as-args': true,
    },
  });
  const given = new Map<string, string | boolean>();
  for (const { name } of flags) {
    const value: unknown = values[name];
    if (typeof value === 'string' || typeof value === 'boolean') given.set(name, value);
  }
  const texts = words.map(String);
  const isFlag = (word: string) => /^--?[a-z]/i.test(word);
  return {
    words: [...texts.filter((word) => !isFlag(word)), ...(Array.isArray(rest) ? rest.map(String) : [])],
    flags: given,
    problem: unknownFlag(texts.find(isFlag)) ?? noValue ?? wrongNumber(given, flags),
  };
}

function unknownFlag(word: string | undefined): string | undefined {
  if (word === undefined) return undefined;
  if (word.startsWith('--')) return `unknown flag: ${word.replace(/=.*$/s, '')}`;
  return `unknown shorthand flag: '${word[1]}' in ${word}`;
}

function wrongNumber(given: Parsed['flags'], flags: readonly Flag[]): string | undefined {
  for (const flag of flags) {
    const value = given.get(flag.name);
    if (flag.value !== 'int' || value === undefined || /^-?\d+$/.test(String(value))) continue;
    return `invalid argument "${value}" for "${flagText(flag)}" flag: not a whole number`;
  }
  return undefined;
}

/**
 * The command line with each value joined to its flag: drpcli takes what follows a flag as its value, whatever that looks
 * like (`-P -secret-`), and also what is attached to its letter (`-Fyaml`).
 */
function withValues(argv: readonly string[], flags: readonly Flag[]): { joined: string[]; noValue?: string } {
  const taking = (word: string) =>
    flags.find((flag) => flag.value && (word === `--${flag.name}` || word === `-${flag.short}`));
  const result: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '--') return { joined: [...result, ...argv.slice(at)] };
    const flag = taking(word);
    const attached = taking(word.slice(0, 2));
    if (flag !== undefined) {
      at += 1;
      const value = argv[at];
      if (value === undefined) return { joined: result, noValue: `flag needs an argument: ${word}` };
      result.push(`--${flag.name}=${value}`);
    } else if (attached !== undefined) {
      result.push(`--${attached.name}=${word.slice(2).replace(/^=/, '')}`);
    } else {
      result.push(word);
    }
  }
  return { joined: result };
}
