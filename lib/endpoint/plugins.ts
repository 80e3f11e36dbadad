import { ModelError, type PluginProvider, type RawModel } from '../models/index.ts';
import type { Contents } from './contents.ts';
import type { Events } from './events.ts';
import type { PluginHost } from './host/index.ts';
import type { Doer, Found, Objects } from './objects.ts';
import { isObject } from './shape.ts';

const DOER: Doer = { principal: 'system', method: 'PUT' };

/** A plugin that offers its actions, and what its provider declares. */
export interface RunningPlugin {
  name: string;
  provider: PluginProvider;
}

/**
 * Keeps what runs in step with the plugin objects: a plugin is started when it is made, restarted when its params or
 * provider change, stopped when it goes away, and what went wrong is written to its PluginErrors.
 */
export class Plugins {
  readonly #objects: Objects;
  readonly #events: Events;
  readonly #contents: Contents;
  readonly #host: PluginHost;
  readonly #providers = new Map<string, PluginProvider>();
  readonly #running = new Map<string, PluginProvider>();
  /** The last step of each plugin. Steps of one plugin never overlap; different plugins do not wait for each other. */
  readonly #steps = new Map<string, Promise<void>>();
  readonly #unsubscribe: () => void;
  #closed = false;

  constructor(parts: { objects: Objects; events: Events; contents: Contents; host: PluginHost }) {
    this.#objects = parts.objects;
    this.#events = parts.events;
    this.#contents = parts.contents;
    this.#host = parts.host;
    this.#unsubscribe = this.#events.subscribe(
      ({ Type, Action, Key, Object: object, Original: original }) => {
        if (Type !== 'plugins') return;
        if (Action === 'create' || Action === 'delete') this.#enqueue(Key);
        if (Action === 'update' && needsRestart(object, original)) this.#enqueue(Key);
      },
    );
  }

  /** Plugins whose actions can be called, by name. */
  running(): RunningPlugin[] {
    return [...this.#running]
      .map(([name, provider]) => ({ name, provider }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  providers(): PluginProvider[] {
    return [...this.#providers.values()].sort((a, b) => (a.Name < b.Name ? -1 : 1));
  }

  provider(name: string): PluginProvider | undefined {
    return this.#providers.get(name);
  }

  /**
   * Takes in a provider that was found in the plugins folder: its content, its object types, its plugins.
   * Throws ModelError when its content cannot be loaded.
   */
  addProvider(provider: PluginProvider): void {
    const { Name } = provider;
    const action = this.#providers.has(Name) ? 'update' : 'create';
    for (const [prefix, fields] of Object.entries(provider.StoreObjects ?? {}))
      this.#objects.register(prefix, fields);
    this.#contents.putProvider(provider);
    this.#providers.set(Name, provider);
    this.#events.publish({ Type: 'plugin_providers', Action: action, Key: Name, Object: provider });
    const plugins = this.#pluginsOf(Name);
    if (provider.AutoStart && plugins.length === 0) {
      if (this.#objects.find('plugins', Name) === undefined) {
        this.#objects.create('plugins', { Name, Provider: Name, Meta: provider.Meta ?? {} }, DOER);
      }
    }
    for (const { key } of plugins) this.#enqueue(key);
  }

  /** Forgets a provider and stops its plugins. Their objects stay, and say that the provider is missing. */
  async removeProvider(name: string): Promise<void> {
    const provider = this.#providers.get(name);
    if (provider === undefined) return;
    this.#providers.delete(name);
    const plugins = this.#pluginsOf(name);
    await Promise.all(plugins.map(({ key }) => this.#enqueue(key)));
    this.#contents.removeProvider(name);
    for (const prefix of Object.keys(provider.StoreObjects ?? {})) this.#objects.unregister(prefix);
    this.#events.publish({ Type: 'plugin_providers', Action: 'delete', Key: name, Object: provider });
  }

  /** Looks at every file in the plugins folder. What cannot be loaded is skipped; the host has logged why. */
  async discover(): Promise<void> {
    for (const { provider } of await this.#host.discover()) {
      if (provider !== undefined) this.addProvider(provider);
    }
  }

  /** Starts what was not started by `addProvider`: plugins whose provider is missing get to know it. */
  startAll(): void {
    for (const key of this.#objects.store.keys('plugins')) {
      if (!this.#steps.has(key)) this.#enqueue(key);
    }
  }

  /** Resolves when every plugin has reached the state that its object asks for. */
  async settled(): Promise<void> {
    let steps: Promise<void>[];
    do {
      steps = [...this.#steps.values()];
      await Promise.all(steps);
    } while (
      steps.length !== this.#steps.size ||
      [...this.#steps.values()].some((step) => !steps.includes(step))
    );
  }

  /** Writes down what is wrong with a plugin; nothing, when all is well. */
  recordErrors(name: string, errors: readonly string[]): void {
    const found = this.#objects.find('plugins', name);
    if (found === undefined || this.#closed) return;
    if (JSON.stringify(found.object.PluginErrors) === JSON.stringify(errors)) return;
    this.#objects.update(found, { ...found.object, PluginErrors: [...errors] }, DOER);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unsubscribe();
    await Promise.all(this.#steps.values());
  }

  #pluginsOf(provider: string): Found[] {
    return this.#objects.store.keys('plugins').flatMap((key) => {
      const found = this.#objects.find('plugins', key);
      return found?.object.Provider === provider ? [found] : [];
    });
  }

  #enqueue(name: string): Promise<void> {
    const before = this.#steps.get(name) ?? Promise.resolve();
    const step = before.then(() => this.#restart(name));
    this.#steps.set(name, step);
    return step;
  }

  async #restart(name: string): Promise<void> {
    try {
      if (this.#running.delete(name) || this.#host.running(name)) {
        await this.#host.stop(name);
        this.#events.publish({ Type: 'plugins', Action: 'stopped', Key: name, Object: this.#object(name) });
      }
      await this.#start(name);
    } catch (error) {
      const failure = ModelError.from(error) ?? new ModelError(500, String(error));
      this.recordErrors(name, failure.messages.length > 0 ? failure.messages : [failure.message]);
    }
  }

  async #start(name: string): Promise<void> {
    const plugin = this.#objects.find('plugins', name);
    if (plugin === undefined || this.#closed) return;
    const providerName = String(plugin.object.Provider);
    const provider = this.#providers.get(providerName);
    if (provider === undefined) throw new ModelError(404, `Missing Plugin Provider: ${providerName}`);
    await this.#host.start({ Name: name, Provider: providerName, Params: this.#config(plugin, provider) });
    this.#running.set(name, provider);
    this.recordErrors(name, []);
    this.#events.publish({ Type: 'plugins', Action: 'configed', Key: name, Object: this.#object(name) });
  }

  /** The params that a plugin is configured with, opened. Throws ModelError 422 when a required one is missing. */
  #config({ key, object }: Found, provider: PluginProvider): RawModel {
    const { params } = this.#objects;
    const own = params.of('plugins', key, object, { decode: true });
    const inherited = params.of('plugins', key, object, { aggregate: true, decode: true });
    const config: RawModel = { ...own };
    const problems: string[] = [];
    const required = provider.RequiredParams ?? [];
    for (const name of [...required, ...(provider.OptionalParams ?? [])]) {
      const value = name in inherited ? { value: inherited[name] } : params.default(name);
      if (value === undefined) {
        if (required.includes(name)) problems.push(`Missing required parameter: ${name}`);
        continue;
      }
      config[name] = value.value;
      const problem = params.problem(name, value.value);
      if (problem !== undefined) problems.push(`Invalid Parameter: ${name}: ${problem}`);
    }
    if (problems.length > 0) throw new ModelError(422, problems);
    return config;
  }

  #object(name: string): RawModel | null {
    return this.#objects.find('plugins', name)?.object ?? null;
  }
}

/** A new value of these fields reaches a plugin only by a new start. */
function needsRestart(object: unknown, original: unknown): boolean {
  if (!isObject(object) || !isObject(original)) return true;
  return ['Provider', 'Params', 'Description'].some(
    (field) => JSON.stringify(object[field]) !== JSON.stringify(original[field]),
  );
}
