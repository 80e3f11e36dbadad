import { type Command, commands } from './commands.ts';
import type { Plugin } from './define.ts';
import { printError } from './output.ts';

/**
 * The whole of an executable's `main.ts`: does what the command line says. Calls as an endpoint makes them are
 * recognized here; yargs, which takes time to load, is for people.
 */
export function run(plugin: Plugin): void {
  const [name, ...args] = process.argv.slice(2);
  const command = commands.find((other) => other.name === name || other.aliases.includes(name ?? ''));
  const plain =
    command !== undefined && args.length === command.args.length && !args.some((arg) => /^-|^$/.test(arg));
  void finish(
    plain
      ? runCommand(command, plugin, args)
      : import('./command-line.ts').then((line) => line.parse(plugin)),
  );
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
