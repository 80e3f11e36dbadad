import { type Flag, flagText } from './flags.ts';

/** Given flags: the value, all values of a repeated one, or true for a switch. */
export type GivenFlags = ReadonlyMap<string, string | boolean | readonly string[]>;

/** A parsed command line. */
export interface Parsed {
  /** Arguments other than flags, in order. */
  words: string[];
  flags: GivenFlags;
  /** What is wrong with the flags: unknown, without a value, or with an invalid value. */
  problem: string | undefined;
}

/**
 * Finds `flags` in a command line, anywhere before `--`. Like drpcli, it takes the argument after a flag as its value,
 * whatever it looks like (`-P -secret-`), or the text attached to its letter (`-Fyaml`, `-F=yaml`). Unknown flags count
 * as switches: the words select the command before all of its flags are known.
 */
export function parse(argv: readonly string[], flags: readonly Flag[]): Parsed {
  // parseArgs of node:util takes longer to load than drpkit takes to show a help text.
  const byName = new Map(flags.map((flag) => [flag.name, flag]));
  const byLetter = new Map(flags.map((flag) => [flag.short, flag]));
  const words: string[] = [];
  const given = new Map<string, string | boolean | string[]>();
  const problems: string[] = [];
  const give = (flag: Flag, written: string, text: string | undefined) => {
    const { value, problem } = valueGiven(flag, written, text);
    if (problem !== undefined) problems.push(problem);
    if (value === undefined) return;
    const before = given.get(flag.name);
    given.set(flag.name, flag.repeats ? [...(Array.isArray(before) ? before : []), String(value)] : value);
  };

  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      for (const left of rest) words.push(left);
      break;
    }
    if (word.startsWith('--')) {
      const [, written = '', attached] = /^([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
      const flag = byName.get(written.slice(2));
      if (flag === undefined) problems.push(`unknown flag: ${written}`);
      else give(flag, written, attached ?? (flag.value === undefined ? undefined : rest.shift()));
      continue;
    }
    // A negative number is not a flag.
    if (!/^-[a-z]/i.test(word)) {
      words.push(word);
      continue;
    }
    for (let letters = word.slice(1); letters !== ''; ) {
      const [letter = '', attached] = [letters.charAt(0), letters.slice(1)];
      const flag = byLetter.get(letter);
      const takesRest = flag?.value !== undefined || attached.startsWith('=');
      if (flag === undefined) problems.push(`unknown shorthand flag: '${letter}' in ${word}`);
      else give(flag, `-${letter}`, takesRest ? attached || rest.shift() : undefined);
      letters = takesRest ? '' : attached;
    }
  }
  return { words, flags: given, problem: problems[0] };
}

/** The value of a flag, or what is wrong with it. `written` is the flag as it was typed. */
function valueGiven(
  flag: Flag,
  written: string,
  text: string | undefined,
): { value?: string | boolean; problem?: string } {
  const invalid = (why: string) => ({
    problem: `invalid argument "${text}" for "${flagText(flag)}" flag: ${why}`,
  });
  const value = written.startsWith('--') ? text : text?.replace(/^=/, '');
  if (flag.value === undefined) {
    if (value === undefined || /^(1|t|true)$/i.test(value)) return { value: true };
    return /^(0|f|false)$/i.test(value) ? { value: false } : invalid('not true or false');
  }
  if (value === undefined) return { problem: `flag needs an argument: ${written}` };
  return flag.value === 'int' && !/^-?\d+$/.test(value) ? invalid('not a whole number') : { value };
}
