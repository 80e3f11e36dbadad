import { checkVersion, type Plugin } from './define.ts';
import { print, printError } from './output.ts';

export interface Command {
  name: string;
  aliases: readonly string[];
  /** Names of the arguments. All are required. */
  args: readonly string[];
  summary: string;
  run: (plugin: Plugin, args: readonly string[], debug: boolean) => Promise<void> | void;
  /** Printed on stdout when arguments are missing: an endpoint that started the program waits for output there. */
  onMisuse?: string;
}

/** The token that an endpoint passes to `define` to get the static definition only, without validation. */
const CATALOG_TOKEN = 'catalog';

/** For providers that also declare Docker drivers. */
const docker: Command = {
  name: 'docker',
  aliases: [],
  args: ['socket'],
  summary: 'Serve Docker on socket, /run/docker/plugins/NAME.sock for example',
  run: async ({ declaration }, [socket = '']) => (await declaration.docker?.())?.default.run({ socket }),
};

/** The commands that a provider's executable has, according to its declaration. */
export function commandsOf({ declaration }: Plugin): readonly Command[] {
  return declaration.docker === undefined ? commands : [...commands, docker];
}

/**
 * Commands that every executable has. Each loads its code only when called: `define` must start as fast as bare
 * Node.js.
 */
const commands: readonly Command[] = [
  {
    name: 'define',
    aliases: [],
    args: [],
    summary: 'Print the definition of this provider as JSON',
    run: define,
  },
  {
    name: 'unpack',
    aliases: [],
    args: ['folder'],
    summary: 'Write the files of this provider to a folder',
    run: async (plugin, [folder = '']) => {
      if (folder === '') throw new Error('Not a valid location: ""');
      const { unpack } = await import('./unpack.ts');
      await unpack(plugin, folder);
    },
  },
  {
    name: 'listen',
    aliases: ['serve'],
    args: ['to-socket', 'from-socket'],
    summary: 'Serve the endpoint on to-socket, and call it on from-socket',
    onMisuse: 'Failed\n',
    run: async (plugin, [toPlugin = '', fromPlugin = ''], debug) => {
      try {
        const { listen } = await import('./listen.ts');
        await listen(plugin, toPlugin, fromPlugin, debug);
      } catch (error) {
        print('Failed\n');
        throw error;
      }
    },
  },
  {
    name: 'version',
    aliases: [],
    args: [],
    summary: 'Print the version',
    run: (plugin) => print(`Version: ${plugin.definition.Version}\n`),
  },
  {
    name: 'autocomplete',
    aliases: [],
    args: ['file'],
    summary: 'Write a bash completion file, for /etc/bash_completion.d',
    run: async (plugin, [file = '']) => {
      const { bashCompletion } = await import('./completion.ts');
      const { writeFile } = await import('node:fs/promises');
      await writeFile(file, bashCompletion(plugin.definition.Name, commandsOf(plugin)));
    },
  },
];

async function define(plugin: Plugin, _args: readonly string[], debug: boolean): Promise<void> {
  // An endpoint reads stderr together with stdout. A warning of Node.js, about its environment for instance, would make
  // the definition unreadable.
  if (!debug) process.removeAllListeners('warning');
  const { validate } = plugin.declaration;
  let { definition } = plugin;
  if (validate !== undefined && process.env.RS_TOKEN !== CATALOG_TOKEN) {
    const { Client } = await import('../api/index.ts');
    const { LogSource, lineText } = await import('./logger.ts');
    const source = new LogSource((line) => {
      if (debug) printError(`${lineText(line)}\n`);
    });
    definition = await validate({
      api: Client.fromEnvironment(),
      log: source.logger(definition.Name),
      definition,
    });
    checkVersion(definition);
  }
  print(`${JSON.stringify(definition, null, 2)}\n`);
}
