import { commandsOf } from './commands.ts';
import type { Plugin } from './define.ts';
import { printError } from './output.ts';

/**
 * The body of an executable's `main.ts`: runs the command line, and ends the process with an exit code when that fails.
 */
export function run(plugin: Plugin): void {
  void statusOf(plugin, process.argv.slice(2)).then((status) => {
    if (status !== 0) process.exit(status);
  });
}

/**
 * Runs a command line, and resolves with its exit code; why it is not 0 is printed on stderr. Calls by an endpoint or by
 * 0-core are recognized here, since yargs takes time to load; it parses all others.
 */
export async function statusOf(plugin: Plugin, argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv;
  const command = commandsOf(plugin).find(
    (other) => other.name === name || other.aliases.includes(name ?? ''),
  );
  const plain =
    command !== undefined && args.length === command.args.length && !args.some((arg) => /^-|^$/.test(arg));
  const { core0 } = plugin.declaration;
  try {
    if (plain) await command.run(plugin, args, false);
    else if (core0 !== undefined && command === undefined && isContainerCall(name, args))
      await core0().then((module) => module.default.run());
    else await import('./command-line.ts').then((line) => line.parse(plugin, argv));
    return 0;
  } catch (error) {
    printError(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

/** 0-core starts a plugin as `NAME COMMAND JSON`. */
function isContainerCall(name = '', args: readonly string[]): boolean {
  return args.length === 1 && name !== 'help' && !/^-|^$/.test(name);
}
