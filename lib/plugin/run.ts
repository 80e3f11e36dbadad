import { type Command, commandsOf } from './commands.ts';
import type { Plugin } from './define.ts';
import { printError } from './output.ts';

/**
 * The body of an executable's `main.ts`: runs the command line. Calls by an endpoint or by 0-core are recognized here,
 * since yargs takes time to load; it parses all others.
 */
export function run(plugin: Plugin): void {
  const [name, ...args] = process.argv.slice(2);
  const command = commandsOf(plugin).find(
    (other) => other.name === name || other.aliases.includes(name ?? ''),
  );
  const plain =
    command !== undefined && args.length === command.args.length && !args.some((arg) => /^-|^$/.test(arg));
  const { core0 } = plugin.declaration;
  if (plain) void finish(runCommand(command, plugin, args));
  else if (core0 !== undefined && command === undefined && isContainerCall(name, args))
    void finish(core0().then((module) => module.default.run()));
  else void finish(import('./command-line.ts').then((line) => line.parse(plugin)));
}

/** 0-core starts a plugin as `NAME COMMAND JSON`. */
function isContainerCall(name = '', args: readonly string[]): boolean {
  return args.length === 1 && name !== 'help' && !/^-|^$/.test(name);
}

async function runCommand(command: Command, plugin: Plugin, args: readonly string[]): Promise<void> {
  await command.run(plugin, args, false);
}

async function finish(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    printError(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
