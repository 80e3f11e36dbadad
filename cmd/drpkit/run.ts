import { ModelError } from '../../lib/models/index.ts';
import { type Command, type Entry, type Group, nameOf, UsageError } from './command.ts';
import { Context } from './context.ts';
import { entries } from './entries.ts';
import { GLOBAL_FLAGS } from './flags.ts';
import { commandHelp, groupHelp, PROGRAM, programHelp, usage, useLine } from './help.ts';
import { nearest } from './nearest.ts';
import { print, printError } from './output/print.ts';
import { parse } from './parse.ts';

/** Does what the command line says. Sets the exit code: 1 when that fails, or is not understood. */
export async function run(argv: readonly string[]): Promise<void> {
  const isHelp = argv[0] === 'help';
  try {
    await dispatch(isHelp ? [...argv.slice(1), '--help'] : argv);
  } catch (error) {
    fail(error, argv.includes('-d') || argv.includes('--debug'));
  }
}

async function dispatch(argv: readonly string[]): Promise<void> {
  const { words, flags, problem } = parse(argv, GLOBAL_FLAGS);
  const [first] = words;
  const entry = entries.find(({ name }) => name === first);
  if (entry !== undefined) return enter(entry, argv);
  if (first !== undefined) {
    throw unknownCommand(
      first,
      PROGRAM,
      entries.map(({ name }) => name),
    );
  }
  if (problem !== undefined && flags.get('help') !== true)
    throw new UsageError(problem, programHelp(entries));
  await print(`${programHelp(entries)}\n`);
}

async function enter(entry: Entry, argv: readonly string[]): Promise<void> {
  const loaded = await entry.load();
  if (!('commands' in loaded)) return execute(loaded, undefined, [], argv);
  const own = loaded.flags ?? [];
  const all = loaded.commands.flatMap(({ flags = [] }) => flags);
  const { words, flags } = parse(argv, [...GLOBAL_FLAGS, ...own, ...all]);
  const second = words[1] ?? (flags.get('help') === true ? undefined : loaded.fallback);
  const command = findCommand(loaded, second);
  if (command !== undefined) return execute(command, entry.name, own, argv);
  if (second !== undefined) {
    throw unknownCommand(second, `${PROGRAM} ${entry.name}`, loaded.commands.map(nameOf));
  }
  await print(`${groupHelp(entry, loaded)}\n`);
}

function findCommand({ commands }: Group, name: string | undefined): Command | undefined {
  if (name === undefined) return undefined;
  return commands.find((command) => nameOf(command) === name || command.aliases?.includes(name));
}

async function execute(
  command: Command,
  group: string | undefined,
  groupFlags: Group['flags'] = [],
  argv: readonly string[],
): Promise<void> {
  const own = [...groupFlags, ...(command.flags ?? [])];
  try {
    const { words, flags, problem: wrongFlag } = parse(argv, [...own, ...GLOBAL_FLAGS]);
    if (flags.get('help') === true) {
      await print(`${commandHelp(group, command, own)}\n`);
      return;
    }
    const args = words.slice(group === undefined ? 1 : 2);
    const problem = wrongFlag ?? (command.check ?? noArguments)(args, useLine(group, command));
    if (problem !== undefined) throw new UsageError(problem);
    const context = new Context(args, flags, own);
    try {
      await command.run(context);
    } finally {
      await context.close();
    }
  } catch (error) {
    if (error instanceof UsageError) error.usage ??= usage(group, command, own);
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
  const shown = error instanceof UsageError ? error.usage : undefined;
  printError(`${[`Error: ${message}`, stack, shown].filter((part) => part !== undefined).join('\n')}\n`);
}
