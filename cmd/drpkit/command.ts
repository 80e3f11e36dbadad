import type { Context } from './context.ts';
import type { Flag } from './flags.ts';

/** One thing that drpkit does. */
export interface Command {
  /** Its name and what it takes, as drpcli writes it: `set [id] param [key] to [json blob]`. */
  use: string;
  aliases?: readonly string[];
  summary: string;
  /** What else there is to say in its help. */
  details?: string;
  /** Command lines to learn from, without the name of the program and that of the group. */
  examples?: readonly string[];
  /** No endpoint is talked to, so that its help can do without the flags about that. */
  offline?: true;
  /** Flags of its own, besides those that all commands have. */
  flags?: readonly Flag[];
  /** What is wrong with the arguments, if anything. Without it there must be none. */
  check?: (args: readonly string[], useLine: string) => string | undefined;
  /** Those that begin with its name, as `meta get` does beside `meta`. */
  commands?: readonly Command[];
  run(context: Context): Promise<void> | void;
}

/** Commands that have their first words in common. */
export interface Group {
  commands: readonly (Command | Subgroup)[];
  /** Flags of all its commands. */
  flags?: readonly Flag[];
  /** The command that the words of the group alone stand for; its help unless given. */
  fallback?: string;
}

/** A group within another one. `use` is its name. */
export interface Subgroup extends Group, Pick<Command, 'use' | 'summary' | 'details'> {}

/** A first word, and what loads the code behind it. */
export interface Entry {
  name: string;
  summary: string;
  /** What it is listed under in the help of the program. */
  section: string;
  /** `next` is the word after it: where that is known, a group may leave out all that it does not lead to. */
  load(next?: string): Promise<Group | Command>;
}

/** The command line is wrong, so the usage is shown as well. */
export class UsageError extends Error {
  usage: string | undefined;

  constructor(message: string, usage?: string) {
    super(message);
    this.usage = usage;
  }
}

/** The first word of `use`. */
export function nameOf({ use }: Pick<Command, 'use'>): string {
  return use.split(' ', 1)[0] ?? '';
}

/** A check of how many arguments there are, for which drpcli has several wordings. */
export function between(least: number, most: number): NonNullable<Command['check']> {
  const words = (number: number) => `${number} argument${number === 1 ? '' : 's'}`;
  return ({ length }, useLine) => {
    if (length < least) return `${useLine} requires at least ${words(least)}`;
    return length > most ? `${useLine} requires at most ${words(most)}` : undefined;
  };
}

/** A check of how many arguments there are. `words` is what drpcli calls the number where it is not the real one. */
export function takes(
  numbers: readonly number[],
  words = `${numbers.join(' or ')} argument${numbers.at(-1) === 1 ? '' : 's'}`,
): NonNullable<Command['check']> {
  return (args, useLine) => (numbers.includes(args.length) ? undefined : `${useLine} requires ${words}`);
}
