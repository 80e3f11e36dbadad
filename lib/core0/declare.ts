import type {
  CommandDeclaration,
  CommandHandler,
  ContainerPlugin,
  ContainerPluginOptions,
} from './commands.ts';
import { run } from './run.ts';

/** A container plugin that can run as an executable. */
export interface RunnableContainerPlugin extends ContainerPlugin {
  /** Runs the command of the command line, see `run`. */
  run(): void;
}

/**
 * Declares a container plugin of 0-core. Each command is a handler, or a `command` with schema or time limit. `main.ts`
 * is then `commands({...}).run()`. Throws an Error for a name that coreX cannot call.
 */
export function commands(
  table: Readonly<Record<string, CommandHandler | CommandDeclaration<never>>>,
  options: ContainerPluginOptions = {},
): RunnableContainerPlugin {
  const declared = Object.entries(table).map(([name, given]): [string, CommandDeclaration<never>] => {
    // Callers use NAME.COMMAND.
    if (!/^[\w-]+$/.test(name)) {
      throw new Error(`commands: ${JSON.stringify(name)}: expected letters, digits, - and _`);
    }
    return [name, typeof given === 'function' ? { run: given } : given];
  });
  const plugin = { ...options, commands: new Map(declared) };
  return { ...plugin, run: () => run(plugin) };
}
