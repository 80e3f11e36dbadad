import {
  type AvailableAction,
  isObject,
  type LogLevel,
  ModelError,
  type PluginProvider,
  type RawModel,
} from '../../models/index.ts';
import type { Contents } from '../state/contents.ts';
import type { Events } from '../state/events.ts';
import { endpointLine, type Logs } from '../state/logs.ts';
import type { Found, Objects, Requester } from '../state/objects.ts';
import type { PluginHost, PluginObserver } from './index.ts';

const SYSTEM: Requester = { principal: 'system', method: 'PUT' };

/** A running plugin, with its provider's definition. */
export interface RunningPlugin {
  name: string;
  provider: PluginProvider;
}

/**
 * Keeps the processes in step with the plugin objects: starts a plugin when its object is created, restarts it when its
 * params or provider change, stops it when the object is deleted, and stores errors in its PluginErrors.
 */
export class Plugins implements PluginObserver {
  readonly #objects: Objects;
  readonly #events: Events;
  readonly #contents: Contents;
  readonly #host: PluginHost;
  readonly #logs: Logs;
  readonly #providers = new Map<string, PluginProvider>();
  /** Providers in the plugins folder that cannot be loaded with the current content, and why. */
  readonly #skipped = new Map<string, { provider: PluginProvider; problems: readonly string[] }>();
  /** Starts and stops in progress. The host keeps those of one plugin in order. */
  readonly #steps = new Set<Promise<void>>();
  /** Plugins stopped by a user. */
  readonly #stopped = new Set<string>();
  readonly #unsubscribe: () => void;
  #closed = false;

  constructor(parts: {
    objects: Objects;
    events: Events;
    contents: Contents;
    host: PluginHost;
    logs: Logs;
  }) {
    this.#objects = parts.objects;
    this.#events = parts.events;
    this.#contents = parts.contents;
    this.#host = parts.host;
    this.#logs = parts.logs;
    this.#host.observe(this);
    this.#unsubscribe = this.#events.subscribe(
      ({ Type, Action, Key, Object: object, Original: original }) => {
        if (Type === 'contents') return this.#retrySkipped();
        if (Type !== 'plugins') return;
        const changed = Action === 'update' && needsRestart(object, original);
        if (Action === 'create' || Action === 'delete' || changed) this.#apply(Key);
      },
    );
  }

  /** Plugins that take actions, by name. */
  running(): RunningPlugin[] {
    return this.#objects.store.keys('plugins').flatMap((name) => {
      const provider = this.#providers.get(String(this.#objects.find('plugins', name)?.object.Provider));
      return provider !== undefined && this.#host.running(name) ? [{ name, provider }] : [];
    });
  }

  /** All providers by name. */
  providers(): PluginProvider[] {
    return [...this.#providers.values()].sort((a, b) => (a.Name < b.Name ? -1 : 1));
  }

  provider(name: string): PluginProvider | undefined {
    return this.#providers.get(name);
  }

  /**
   * Throws ModelError 400 for a provider that dr-provision would refuse as an upload, with dr-provision's message and
   * what to do.
   */
  check(provider: PluginProvider): void {
    try {
      this.#contents.checkProvider(provider);
    } catch (cause) {
      const problems = messagesOf(cause);
      const messages = problems.map(
        (problem) => `Import plugin failed ${provider.Name}: bad plugin: ${problem}`,
      );
      throw new ModelError(400, messages, { model: 'plugin_providers', key: provider.Name, cause });
    }
  }

  /**
   * Loads a provider found in the plugins folder. One that cannot be loaded is logged and skipped, and tried again
   * whenever the content changes. dr-provision would not even start.
   */
  addFound(provider: PluginProvider): void {
    const { Name } = provider;
    const before = this.#skipped.get(Name)?.problems;
    try {
      this.addProvider(provider);
      if (before !== undefined)
        this.#log('info', `Provider ${Name}: nothing is missing any more; it is loaded`);
    } catch (error) {
      const problems = messagesOf(error);
      this.providerRemoved(Name);
      for (const prefix of Object.keys(provider.StoreObjects)) this.#objects.unregister(prefix);
      this.#contents.removeProvider(Name);
      this.#skipped.set(Name, { provider, problems });
      if (before?.join('\n') !== problems.join('\n')) this.#log('error', skippedText(Name, problems));
      this.applyAll(Name);
    }
  }

  /** Removes the content of providers from earlier runs of the endpoint that are not in `names`. */
  forgetOthers(names: readonly string[]): void {
    this.#contents.keepProviders(new Set(names));
  }

  /**
   * Adds a provider that the host has found, with its content, object types and plugins. Throws ModelError when its
   * content cannot be loaded.
   */
  addProvider(provider: PluginProvider): void {
    const { Name } = provider;
    for (const [prefix, fields] of Object.entries(provider.StoreObjects))
      this.#objects.register(prefix, fields);
    this.#contents.putProvider(provider);
    this.#skipped.delete(Name);
    this.#warnOfUnreachable(provider);
    const action = this.#providers.has(Name) ? 'update' : 'create';
    this.#providers.set(Name, provider);
    this.#events.publish({ Type: 'plugin_providers', Action: action, Key: Name, Object: provider });
    const plugins = this.#pluginsOf(Name);
    for (const key of plugins) this.#apply(key);
    if (provider.AutoStart && plugins.length === 0 && this.#objects.find('plugins', Name) === undefined) {
      this.#objects.create('plugins', { Name, Provider: Name, Meta: provider.Meta }, SYSTEM);
    }
  }

  /** Warns of actions on unknown models: a misspelt one has no other effect. */
  #warnOfUnreachable({ Name, AvailableActions }: PluginProvider): void {
    const models = Map.groupBy(AvailableActions ?? [], ({ Command }) => Command);
    for (const [command, actions] of models) {
      const known = ({ Model }: AvailableAction) =>
        ['', 'system'].includes(Model) || this.#objects.kind(Model) !== undefined;
      if (actions.some(known)) continue;
      const types = actions.map(({ Model }) => Model).join(', ');
      this.#log(
        'warn',
        `Provider ${Name}: nothing offers the action ${command}: no objects here have the type ${types}`,
      );
    }
  }

  /** Deferred until the change of content has been delivered to all listeners. */
  #retrySkipped(): void {
    if (this.#skipped.size === 0) return;
    const review = async () => {
      await undefined;
      for (const { provider } of [...this.#skipped.values()]) if (!this.#closed) this.addFound(provider);
    };
    this.#keep(review());
  }

  #log(level: LogLevel, message: string): void {
    this.#logs.add(endpointLine(level, message));
  }

  /** Removes a provider that the host has removed. Its plugin objects stay. */
  providerRemoved(name: string): void {
    this.#skipped.delete(name);
    const provider = this.#providers.get(name);
    if (provider === undefined) return;
    this.#providers.delete(name);
    this.#contents.removeProvider(name);
    for (const prefix of Object.keys(provider.StoreObjects)) this.#objects.unregister(prefix);
    this.#events.publish({ Type: 'plugin_providers', Action: 'delete', Key: name, Object: provider });
  }

  /** Restarts the plugins of a provider. If it is gone, their PluginErrors say so. */
  applyAll(provider: string): void {
    for (const key of this.#pluginsOf(provider)) this.#apply(key);
  }

  /** Reports the missing provider in the PluginErrors of its plugins. */
  reportOrphans(): void {
    for (const key of this.#objects.store.keys('plugins')) {
      if (!this.#providers.has(String(this.#objects.find('plugins', key)?.object.Provider))) this.#apply(key);
    }
  }

  /** Resolves when every plugin has started or failed. */
  async settled(): Promise<void> {
    while (this.#steps.size > 0) await Promise.all(this.#steps);
  }

  /** Stores the errors of a plugin; an empty list clears them. */
  pluginErrors(name: string, errors: readonly string[]): void {
    if (this.#closed) return;
    const found = this.#objects.find('plugins', name);
    if (found === undefined) return;
    if (JSON.stringify(found.object.PluginErrors) === JSON.stringify(errors)) return;
    this.#objects.update(found, { ...found.object, PluginErrors: [...errors] }, SYSTEM);
  }

  /** Publishes the event that a plugin is configured and takes actions. */
  pluginRunning(name: string): void {
    this.#tell('configed', name, this.#objects.find('plugins', name));
  }

  /** Starts a plugin that does not run. Resolves when it runs or has failed: see its PluginErrors. */
  async start(name: string): Promise<void> {
    if (['stopped', 'waiting', 'failed'].includes(this.#host.state(name))) await this.restart(name);
  }

  /** Starts or restarts a plugin. Resolves like `start`. */
  async restart(name: string): Promise<void> {
    const work = this.#follow(name).catch(() => {});
    this.#keep(work);
    await work;
  }

  /** Stops a plugin until it is started or its object changes. Resolves when its processes are gone. */
  async stop(name: string, principal: string): Promise<void> {
    this.#stopped.add(name);
    if (this.#host.running(name)) this.#tell('stopped', name, this.#objects.find('plugins', name));
    const work = this.#host.stop(name);
    this.#keep(work);
    await work;
    // Unless it was started again meanwhile.
    if (this.isStopped(name)) this.pluginErrors(name, [`the plugin was stopped by ${principal}`]);
  }

  /** Whether a user has stopped the plugin. */
  isStopped(name: string): boolean {
    return this.#stopped.has(name);
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
  }

  #pluginsOf(provider: string): string[] {
    return this.#objects.store
      .keys('plugins')
      .filter((key) => this.#objects.find('plugins', key)?.object.Provider === provider);
  }

  /** Makes the process follow the plugin object. */
  #apply(name: string): void {
    if (this.#closed) return;
    // The host has reported the error to its observer.
    this.#keep(this.#follow(name).catch(() => {}));
  }

  #keep(work: Promise<void>): void {
    const step: Promise<void> = work.finally(() => this.#steps.delete(step));
    this.#steps.add(step);
  }

  async #follow(name: string): Promise<void> {
    const plugin = this.#objects.find('plugins', name);
    this.#stopped.delete(name);
    if (this.#host.running(name)) this.#tell('stopped', name, plugin);
    if (plugin === undefined) return this.#host.remove(name);
    const Provider = String(plugin.object.Provider);
    const passedOver = this.#skipped.get(Provider);
    if (passedOver !== undefined) {
      this.pluginErrors(name, [`Missing Plugin Provider: ${Provider}`, ...passedOver.problems]);
      return this.#host.stop(name);
    }
    const { config, problems } = this.#config(plugin, this.#providers.get(Provider));
    if (problems.length > 0) {
      this.pluginErrors(name, problems);
      return this.#host.stop(name);
    }
    return this.#host.start({ Name: name, Provider, Params: config });
  }

  #tell(action: 'configed' | 'stopped', name: string, plugin: Found | undefined): void {
    this.#events.publish({ Type: 'plugins', Action: action, Key: name, Object: plugin?.object ?? null });
  }

  /**
   * The params for the plugin's `config`, and their problems. As in dr-provision, the plugin's own secure params are
   * sent encrypted as stored, those from profiles and defaults in the clear.
   */
  #config(
    { key, object }: Found,
    provider: PluginProvider | undefined,
  ): { config: RawModel; problems: string[] } {
    const { params } = this.#objects;
    const config = new Map(Object.entries(params.of('plugins', key, object, {})));
    const opened = params.of('plugins', key, object, { aggregate: true, decode: true });
    const problems: string[] = [];
    for (const name of [...(provider?.RequiredParams ?? []), ...(provider?.OptionalParams ?? [])]) {
      const value = Object.hasOwn(opened, name) ? { value: opened[name] } : params.default(name);
      if (value === undefined) continue;
      if (!config.has(name)) config.set(name, value.value);
      const problem = params.problem(name, value.value);
      if (problem !== undefined) problems.push(`Invalid Parameter: ${name}: ${problem}`);
    }
    return { config: Object.fromEntries(config), problems };
  }
}

function messagesOf(error: unknown): readonly string[] {
  return ModelError.from(error)?.messages ?? [error instanceof Error ? error.message : String(error)];
}

function skippedText(name: string, problems: readonly string[]): string {
  const consequence = `dr-provision itself would not start with provider ${name} in its plugins folder`;
  return `Skipping provider ${name}, until this is mended: ${problems.join('; ')}; ${consequence}`;
}

/** Whether a field has changed whose value reaches a plugin only at its start. */
function needsRestart(object: unknown, original: unknown): boolean {
  if (!isObject(object) || !isObject(original)) return true;
  return ['Provider', 'Params', 'Description'].some(
    (field) => JSON.stringify(object[field]) !== JSON.stringify(original[field]),
  );
}
