import type { Context } from './context.ts';
import type { Flag } from './flags.ts';

/** A command of drpkit. */
export interface Command {
  /** Name and arguments in drpcli's notation: `set [id] param [key] to [json blob]`. */
  use: string;
  aliases?: readonly string[];
  summary: string;
  /** Further text for its help. */
  details?: string;
  /** Examples, without the names of the program and the group. */
  examples?: readonly string[];
  /** The command does not use an endpoint, so its help leaves out the flags for that. */
  offline?: true;
  /** Flags of this command besides the global ones. */
  flags?: readonly Flag[];
  /** Returns what is wrong with the arguments. Without it, arguments are not allowed. */
  check?: (args: readonly string[], useLine: string) => string | undefined;
  /** Subcommands, such as `meta get` of `meta`. */
  commands?: readonly Command[];
  run(context: Context): Promise<void> | void;
}

/** Commands with the same first words. */
export interface Group {
  commands: readonly (Command | Subgroup)[];
  /** Flags of all commands of the group. */
  flags?: readonly Flag[];
  /** The command to run when only the group is given. Default: its help. */
  fallback?: string;
}

/** A group inside of another group, named `use`. */
export interface Subgroup extends Group, Pick<Command, 'use' | 'summary' | 'details'> {}

/** A first word of the command line, and how to load its code. */
export interface Entry {
  name: string;
  summary: string;
  /** Heading under which the program's help lists it. */
  section: string;
  /** `next` is the word after it. If it is known, a group may load only the command that it names. */
  load(next?: string): Promise<Group | Command>;
}

/** An error in the command line, shown together with the usage. */
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

/** Checks the number of arguments. drpcli has several messages for this. */
export function between(least: number, most: number): NonNullable<Command['check']> {
  const words = (number: number) => `${number} argument${number === 1 ? '' : 's'}`;
  return ({ length }, useLine) => {
    if (length < least) return `${useLine} requires at least ${words(least)}`;
    return length > most ? `${useLine} requires at most ${words(most)}` : undefined;
  };
}

/** Checks the number of arguments. `words` is the number in drpcli's message, where that differs. */
export function takes(
  numbers: readonly number[],
  words = `${numbers.join(' or ')} argument${numbers.at(-1) === 1 ? '' : 's'}`,
): NonNullable<Command['check']> {
  return (args, useLine) => (numbers.includes(args.length) ? undefined : `${useLine} requires ${words}`);
}
