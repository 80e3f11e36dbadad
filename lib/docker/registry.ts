import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isObject, ModelError } from '../models/index.ts';
import { givesUp, retryDelay } from './backoff.ts';
import { type Pauses, PluginClient } from './client.ts';
import { type PluginAddress, readJsonSpec, readSpec } from './spec.ts';

export const SOCKET_FOLDER = '/run/docker/plugins';
const SPEC_FOLDERS = ['/etc/docker/plugins', '/usr/lib/docker/plugins'];

/** An activated plugin. */
export interface ActivePlugin {
  name: string;
  address: PluginAddress;
  /** The subsystems that it implements. */
  implements: readonly string[];
  client: PluginClient;
}

export interface RegistryOptions {
  /** Folder of sockets; default /run/docker/plugins. */
  socketFolder?: string;
  /** Folders of .spec and .json files; default /etc/docker/plugins and /usr/lib/docker/plugins. */
  specFolders?: readonly string[];
  /** The pauses between tries. Tests replace them. */
  pauses?: Pauses;
}

/** ModelError 404: there is no plugin of this name. */
export function notFound(name: string): ModelError {
  return new ModelError(404, 'plugin not found', { model: 'docker plugins', key: name });
}

/** ModelError 501: the plugin does not implement the subsystem. */
export function notImplemented(name: string, subsystem: string): ModelError {
  return new ModelError(501, `Plugin does not implement the requested driver: ${subsystem}`, {
    model: 'docker plugins',
    key: name,
  });
}

type ActivationHandler = (name: string, client: PluginClient) => void;

/**
 * Docker's registry of plugins: finds them by their files, activates each once, and calls the handlers of its
 * subsystems. Like moby's pkg/plugins, except that a subsystem can have several handlers.
 */
export class PluginRegistry {
  readonly #socketFolder: string;
  readonly #specFolders: readonly string[];
  readonly #pauses: Pauses;
  readonly #plugins = new Map<string, Promise<ActivePlugin>>();
  readonly #handlers = new Map<string, ActivationHandler[]>();
  /** The plugins for which each handler has been called. */
  readonly #called = new WeakMap<ActivationHandler, Set<string>>();

  constructor({ socketFolder = SOCKET_FOLDER, specFolders = SPEC_FOLDERS, pauses }: RegistryOptions = {}) {
    this.#socketFolder = socketFolder;
    this.#specFolders = specFolders;
    this.#pauses = pauses ?? {
      now: () => performance.now(),
      wait: (ms, signal) => pause(ms, undefined, { signal }),
    };
  }

  /** The names of all plugins with files; names may repeat. Missing folders are ignored. */
  async scan(): Promise<string[]> {
    const names: string[] = [];
    for (const entry of await entries(this.#socketFolder)) {
      if (entry.isSocket()) names.push(parse(entry.name).name);
      if (!entry.isDirectory()) continue;
      if (await isSocket(join(this.#socketFolder, entry.name, `${entry.name}.sock`))) names.push(entry.name);
    }
    for (const folder of this.#specFolders) {
      for (const entry of await entries(folder)) {
        if (entry.isDirectory()) {
          const inside = await entries(join(folder, entry.name));
          const own = inside.find((file) => !file.isDirectory() && parse(file.name).name === entry.name);
          if (own !== undefined && isSpec(own.name)) names.push(entry.name);
        } else if (isSpec(entry.name)) names.push(parse(entry.name).name);
      }
    }
    return names;
  }

  /** The address of a plugin, from its files. Throws ModelError: `notFound`, 400 for an unreadable file. */
  async find(name: string): Promise<PluginAddress> {
    // A path in the name would lead to another folder.
    if (name === '' || name.includes('/') || name.includes('\0') || name === '..' || name === '.')
      throw notFound(name);
    for (const path of [`${name}.sock`, join(name, `${name}.sock`)]) {
      const socket = join(this.#socketFolder, path);
      if (await isSocket(socket)) return { name, address: `unix://${socket}` };
    }
    for (const folder of this.#specFolders) {
      for (const path of [`${name}.spec`, join(name, `${name}.spec`)]) {
        const text = await textAt(join(folder, path));
        if (text !== undefined) return readSpec(name, text);
      }
      for (const path of [`${name}.json`, join(name, `${name}.json`)]) {
        const text = await textAt(join(folder, path));
        if (text !== undefined) return readJsonSpec(name, text);
      }
    }
    throw notFound(name);
  }

  /**
   * The activated plugin of this name. Waits some seconds for one that does not exist yet. Throws ModelError:
   * `notFound`, `notImplemented`, 400 for an empty name, and the errors of its activation.
   */
  async get(name: string, subsystem: string, signal?: AbortSignal): Promise<ActivePlugin> {
    if (name === '') throw new ModelError(400, 'the name of a plugin cannot be empty');
    const plugin = await this.#activated(name, true, signal);
    if (!plugin.implements.includes(subsystem)) throw notImplemented(name, subsystem);
    return plugin;
  }

  /** All plugins that implement a subsystem. Those that cannot be activated are left out. */
  async getAll(subsystem: string, signal?: AbortSignal): Promise<ActivePlugin[]> {
    const names = [...new Set(await this.scan())];
    const found = await Promise.allSettled(names.map((name) => this.#activated(name, false, signal)));
    return found
      .filter((result) => result.status === 'fulfilled')
      .map(({ value }) => value)
      .filter((plugin) => plugin.implements.includes(subsystem));
  }

  /**
   * Calls `handler` once for each plugin of a subsystem: when it is activated, or, for an active one, when it is
   * requested next.
   */
  handle(subsystem: string, handler: ActivationHandler): void {
    this.#handlers.set(subsystem, [...(this.#handlers.get(subsystem) ?? []), handler]);
  }

  async #activated(name: string, retry: boolean, signal?: AbortSignal): Promise<ActivePlugin> {
    const known = this.#plugins.get(name);
    const activation = known ?? this.#activate(name, retry, signal);
    if (known === undefined) {
      this.#plugins.set(name, activation);
      // A failed activation is forgotten, so that it can be tried again.
      activation.catch(() => this.#plugins.delete(name));
    }
    const plugin = await activation;
    this.#tell(plugin);
    return plugin;
  }

  #tell(plugin: ActivePlugin): void {
    for (const handler of plugin.implements.flatMap((subsystem) => this.#handlers.get(subsystem) ?? [])) {
      const called = this.#called.get(handler) ?? new Set();
      this.#called.set(handler, called);
      if (called.has(plugin.name)) continue;
      called.add(plugin.name);
      handler(plugin.name, plugin.client);
    }
  }

  async #activate(name: string, retry: boolean, signal?: AbortSignal): Promise<ActivePlugin> {
    const address = await this.#wait(() => this.find(name), retry, signal);
    const client = new PluginClient(address, this.#pauses);
    const answer = await client.call('Plugin.Activate', undefined, { retry, ...(signal ? { signal } : {}) });
    const list = isObject(answer) ? (answer.Implements ?? []) : undefined;
    if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) {
      throw new ModelError(502, 'Plugin.Activate: expected {"Implements": [names of subsystems]}', {
        model: 'docker plugins',
        key: name,
      });
    }
    return { name, address, implements: list, client };
  }

  /** A plugin that starts at the same time as its caller may appear a little later. */
  async #wait<T>(look: () => Promise<T>, retry: boolean, signal?: AbortSignal): Promise<T> {
    const began = this.#pauses.now();
    for (let failed = 0; ; failed += 1) {
      try {
        return await look();
      } catch (error) {
        const delay = retryDelay(failed);
        if (!retry || givesUp((this.#pauses.now() - began) / 1000, delay)) throw error;
        await this.#pauses.wait(delay * 1000, signal);
      }
    }
  }
}

function isSpec(file: string): boolean {
  return /\.(spec|json)$/.test(file);
}

async function entries(folder: string): Promise<Dirent[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function isSocket(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isSocket() ?? false;
}

/** The text of a file; undefined when it does not exist. Throws ModelError 400 when it cannot be read. */
async function textAt(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ModelError(400, message, { cause: error });
  }
}
