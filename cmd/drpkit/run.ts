import { ModelError, nearest } from '../../lib/models/index.ts';
import { type Command, type Entry, type Group, nameOf, UsageError } from './command.ts';
import { Context } from './context.ts';
import { entries } from './entries.ts';
import { type Flag, GLOBAL_FLAGS } from './flags.ts';
import {
  commandHelp,
  groupHelp,
  PROGRAM,
  programHelp,
  shortProgramUsage,
  shortUsage,
  useLine,
} from './help.ts';
import { hintFor } from './hints.ts';
import { print, printError } from './output/print.ts';
import { parse } from './parse.ts';

/** Runs a command line. Sets exit code 1 when it fails or is invalid. */
export async function run(argv: readonly string[]): Promise<void> {
  const isHelp = argv[0] === 'help';
  try {
    await dispatch(isHelp ? [...argv.slice(1), '--help'] : argv);
  } catch (error) {
    fail(error, argv.includes('-d') || argv.includes('--debug'));
  }
}

async function dispatch(argv: readonly string[]): Promise<void> {
  if (argv[0] === '--version') return dispatch(['version']);
  // Saves parsing in the common case, where the command comes first.
  const known = entryOf(argv[0]);
  if (known !== undefined) return enter(known, argv, argv[1]);
  const { words, flags, problem } = parse(argv, GLOBAL_FLAGS);
  const [first] = words;
  const entry = entryOf(first);
  if (entry !== undefined) return enter(entry, argv);
  if (first !== undefined) {
    throw unknownCommand(
      first,
      PROGRAM,
      entries.map(({ name }) => name),
    );
  }
  if (problem !== undefined && flags.get('help') !== true) throw new UsageError(problem, shortProgramUsage());
  await print(`${programHelp(entries)}\n`);
}

function entryOf(word: string | undefined): Entry | undefined {
  return entries.find(({ name }) => name === word);
}

/** `next` is the second word, if it follows directly. */
async function enter(entry: Entry, argv: readonly string[], next?: string): Promise<void> {
  const loaded = await entry.load(next);
  const { words, flags } = parse(argv, [...GLOBAL_FLAGS, ...flagsBelow(loaded)]);
  let at: Place = { node: loaded, path: [entry.name], flags: [] };
  for (const word of words.slice(1)) {
    const below = findBelow(at, word);
    if (below === undefined) break;
    at = below;
  }
  const { node } = at;
  const word = words[at.path.length];
  if ('run' in node) return execute(node, at, argv);
  if (word !== undefined)
    throw unknownCommand(word, [PROGRAM, ...at.path].join(' '), node.commands.map(nameOf));
  const fallback = node.fallback !== undefined && flags.get('help') !== true && findBelow(at, node.fallback);
  if (fallback && 'run' in fallback.node) return execute(fallback.node, fallback, argv);
  await print(`${groupHelp(at.path, { summary: entry.summary, ...node })}\n`);
}

/** The command that the words of a command line select. */
interface Place {
  node: Group | Command;
  /** The words up to it. */
  path: readonly string[];
  /** Flags of the enclosing groups. */
  flags: readonly Flag[];
}

function findBelow({ node, path, flags }: Place, word: string): Place | undefined {
  const found = node.commands?.find((below) => {
    return nameOf(below) === word || ('aliases' in below && below.aliases?.includes(word) === true);
  });
  if (found === undefined) return undefined;
  const ofGroup = 'run' in node ? [] : (node.flags ?? []);
  return { node: found, path: [...path, nameOf(found)], flags: [...flags, ...ofGroup] };
}

function flagsBelow({ flags = [], commands = [] }: Group | Command): Flag[] {
  return [...flags, ...commands.flatMap(flagsBelow)];
}

async function execute(command: Command, { path, flags: ofGroups }: Place, argv: readonly string[]) {
  const own = [...ofGroups, ...(command.flags ?? [])];
  const group = path.slice(0, -1);
  try {
    const { words, flags, problem: wrongFlag } = parse(argv, [...own, ...GLOBAL_FLAGS]);
    if (flags.get('help') === true) {
      await print(`${commandHelp(group, command, own)}\n`);
      return;
    }
    const args = words.slice(path.length);
    const problem = wrongFlag ?? (command.check ?? noArguments)(args, useLine(group, command));
    if (problem !== undefined) throw new UsageError(problem);
    const context = new Context(args, flags, own);
    try {
      await command.run(context);
    } finally {
      await context.close();
    }
  } catch (error) {
    if (error instanceof UsageError) error.usage ??= shortUsage(group, command);
    throw error;
  }
}

function noArguments([first]: readonly string[], line: string): string | undefined {
  return first === undefined ? undefined : `unknown command "${first}" for "${line.replace(/ \[.*$/, '')}"`;
}

function unknownCommand(name: string, path: string, known: readonly string[]): UsageError {
  const meant = nearest(name, known).map((candidate) => `\t${candidate}\n`);
  const question = meant.length > 0 ? `\nDid you mean this?\n${meant.join('')}\n` : '';
  return new UsageError(
    `unknown command "${name}" for "${path}"`,
    `${question}Run '${path} --help' for usage.`,
  );
}

function fail(error: unknown, debug: boolean): void {
  process.exitCode = 1;
  const message = error instanceof Error ? error.message : String(error);
  const expected = error instanceof ModelError || error instanceof UsageError;
  const stack = error instanceof Error && (debug || !expected) ? error.stack : undefined;
  const shown = error instanceof UsageError ? error.usage : hintFor(error);
  printError(`${[`Error: ${message}`, stack, shown].filter((part) => part !== undefined).join('\n')}\n`);
}
