import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelError } from '../models/index.ts';
import { Semaphore } from '../process/index.ts';
import { type CallOptions, callContainerPlugin } from './call.ts';
import { type DeclaredPlugin, readPluginToml } from './plugin-toml.ts';

/** The plugins of a container, called by `NAME.EXPORT` like 0-core's clients do. */
export class ContainerPlugins {
  readonly #plugins: ReadonlyMap<string, DeclaredPlugin>;
  readonly #root: string;
  readonly #queues = new Map<string, Semaphore>();

  private constructor(root: string, plugins: ReadonlyMap<string, DeclaredPlugin>) {
    this.#root = root;
    this.#plugins = plugins;
  }

  /** Reads `.plugin.toml` in the root of an image. Without the file there are no plugins. Throws ModelError 400. */
  static async open(root: string): Promise<ContainerPlugins> {
    const text = await readFile(join(root, '.plugin.toml'), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw new ModelError(400, `.plugin.toml: ${error.message}`, { cause: error });
    });
    return new ContainerPlugins(root, readPluginToml(text));
  }

  /** `NAME.EXPORT` of all commands, in the order of the file. */
  get commands(): string[] {
    return [...this.#plugins].flatMap(([name, { exports }]) =>
      exports.map((command) => `${name}.${command}`),
    );
  }

  /** Throws ModelError 404 for a command that is not exported, and like `callContainerPlugin`. */
  async call(command: string, args: unknown = {}, options: CallOptions = {}): Promise<unknown> {
    const dot = command.indexOf('.');
    const [name, exported] = [command.slice(0, dot), command.slice(dot + 1)];
    const plugin = dot === -1 ? undefined : this.#plugins.get(name);
    if (plugin === undefined || !plugin.exports.includes(exported)) {
      throw new ModelError(
        404,
        `unknown command: ${command}; there are: ${this.commands.join(', ') || 'none'}`,
      );
    }
    const work = () => callContainerPlugin(join(this.#root, plugin.path), exported, args, options);
    return plugin.queue ? this.#queue(command).run(work, options.signal) : work();
  }

  #queue(command: string): Semaphore {
    const queue = this.#queues.get(command) ?? new Semaphore(1);
    this.#queues.set(command, queue);
    return queue;
  }
}
