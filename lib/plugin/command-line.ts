import yargs from 'yargs';
import { type Command, commands } from './commands.ts';
import type { Plugin } from './define.ts';
import { print } from './output.ts';

/** Parses the command line and does what it says. Throws an Error whose message is for the user. */
export async function parse(plugin: Plugin): Promise<void> {
  const { Name } = plugin.definition;
  const args = process.argv.slice(2);
  const [first] = args.filter((arg) => !arg.startsWith('-'));
  const called = commands.find(({ name, aliases }) => name === first || aliases.includes(first ?? ''));
  if (first !== undefined && first !== 'help' && called === undefined) {
    throw new Error(`unknown command "${first}" for "${Name}"\nRun '${Name} --help' for usage.`);
  }
  let parser = yargs(first === 'help' ? [...args.filter((arg) => arg !== 'help'), '--help'] : args)
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
      throw new Error(called === undefined ? message : `${message}\nUsage: ${Name} ${usage(called)}`);
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
  if (called === undefined) parser.showHelp((help) => print(`${help}\n`));
  else await parser.parseAsync();
}

/** A command with its arguments: `listen <to-socket> <from-socket>`. */
function usage(command: Command): string {
  return [command.name, ...command.args.map((arg) => `<${arg}>`)].join(' ');
}
