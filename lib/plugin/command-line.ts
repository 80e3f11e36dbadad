import yargs from 'yargs';
import { type Command, commandsOf } from './commands.ts';
import type { Plugin } from './define.ts';
import { print } from './output.ts';

/** Parses a command line and runs the command. Throws an Error whose message is shown to the user. */
export async function parse(plugin: Plugin, all: readonly string[]): Promise<void> {
  const { Name } = plugin.definition;
  const commands = commandsOf(plugin);
  const asksForHelp = wordsOf(all)[0] === 'help';
  const args = asksForHelp ? [...all.filter((arg) => arg !== 'help'), '--help'] : all;
  const [first] = wordsOf(args);
  const called = commands.find(({ name, aliases }) => name === first || aliases.includes(first ?? ''));
  const advice = called === undefined ? `Run '${Name} --help' for usage.` : `Usage: ${Name} ${usage(called)}`;
  if (first !== undefined && called === undefined) {
    throw new Error(`unknown command "${first}" for "${Name}"\n${advice}`);
  }
  let parser = yargs(args)
    .locale('en')
    .scriptName(Name)
    .usage(`${plugin.declaration.summary}\n\nUsage:\n  $0 [command]`)
    .option('debug', {
      alias: 'd',
      type: 'boolean',
      default: false,
      describe: 'Write log lines to stderr too',
    })
    .alias('help', 'h')
    .version(false)
    .wrap(100)
    .exitProcess(false)
    .strict()
    .fail((message, error) => {
      if (error !== undefined && error !== null) throw error;
      print(called?.onMisuse ?? '');
      throw new Error(`${message}\n${advice}`);
    });
  for (const command of commands) {
    parser = parser.command(
      [usage(command), ...command.aliases],
      command.summary,
      (builder) => command.args.reduce((all, arg) => all.positional(arg, { type: 'string' }), builder),
      async (argv) => {
        await command.run(
          plugin,
          command.args.map((arg) => String(argv[arg])),
          argv.debug,
        );
      },
    );
  }
  // Refuses unknown flags, also when no command is given.
  const { help } = await parser.parseAsync();
  if (called === undefined && help !== true) parser.showHelp((text) => print(`${text}\n`));
}

/** The arguments before `--` that are not flags. The command can only be among these. */
function wordsOf(args: readonly string[]): string[] {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).filter((arg) => !arg.startsWith('-'));
}

/** A command with its arguments, as help shows it: `listen <to-socket> <from-socket>`. */
function usage(command: Command): string {
  return [command.name, ...command.args.map((arg) => `<${arg}>`)].join(' ');
}
