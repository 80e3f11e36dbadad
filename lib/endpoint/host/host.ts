import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import {
  type Action,
  type Event,
  type LogLevel,
  ModelError,
  type PluginProvider,
} from '../../models/index.ts';
import { inheritedEnvironment, Semaphore } from '../../process/index.ts';
import { type DiscoveryReport, discoverFile, discoverProvider } from './discovery.ts';
import { hostLine } from './log-line.ts';
import { isName } from './name.ts';
import {
  DEFAULT_LIMITS,
  type HostLimits,
  type HostOptions,
  type PluginObject,
  type PluginObserver,
} from './options.ts';
import { PluginRun } from './plugin-run.ts';
import { type PluginState, type ProcessStatus, SupervisedPlugin } from './supervised-plugin.ts';
import type { Traffic } from './traffic.ts';

interface KnownProvider {
  definition: PluginProvider;
  path: string;
}

/** How many providers are examined at once. More than processors, so that these stay busy to the end. */
const AT_ONCE = 8;

/** Number of the last socket of this process. dr-provision's first is 2, according to the recordings. */
let socketNumber = 1;

/**
 * Discovers providers and runs plugins like dr-provision. In addition it has a time limit for everything that it waits
 * for, includes stderr in the error of each failed start, and restarts dead plugins.
 */
export class PluginHost {
  readonly #options: HostOptions;
  readonly #limits: HostLimits;
  #observer: PluginObserver | undefined;
  readonly #providers = new Map<string, KnownProvider>();
  readonly #instances = new Map<string, SupervisedPlugin>();
  readonly #closing = new AbortController();
  /** Only one scan of the plugins folder at a time, as they would overwrite each other's results. */
  readonly #discovering = new Semaphore(1);

  constructor(options: HostOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
  }

  /** Sets the observer of the plugins' states, replacing an earlier one. */
  observe(observer: PluginObserver): void {
    this.#observer = observer;
  }

  /**
   * Examines every file of the plugins folder by name, and reports the result for each. Providers without a file are
   * removed. When two files hold the same provider, the one with the provider's name is preferred, or else the first.
   * Several files are examined at once. Plugins are not restarted.
   */
  discover(): Promise<DiscoveryReport[]> {
    return this.#discovering.run(() => this.#discoverAll());
  }

  async #discoverAll(): Promise<DiscoveryReport[]> {
    const { pluginsDirectory } = this.#options;
    await mkdir(pluginsDirectory, { recursive: true });
    // As in dr-provision, a leading dot marks an upload in progress.
    const files = (await readdir(pluginsDirectory)).filter((file) => !file.startsWith('.')).sort();
    const reports: DiscoveryReport[] = [];
    const entries = files.entries();
    const worker = async () => {
      for (const [at, file] of entries) reports[at] = await this.#look(file);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    this.#providers.clear();
    return reports.map((report) => this.#admit(report, reports));
  }

  /** Examines one file of the plugins folder. Its provider replaces one of the same name. */
  discoverOne(file: string): Promise<DiscoveryReport> {
    return this.#discovering.run(async () => {
      const report = await this.#look(file);
      this.#register(report);
      return report;
    });
  }

  /**
   * Installs an uploaded executable: runs it, and if it is a provider, moves it to the plugins folder under the
   * provider's name. `path` should be on the same file system, for example in the plugins folder with a leading dot.
   * `check` may throw a ModelError to refuse the provider. Throws ModelError 400 with the executable's output; the file
   * is then removed, and an earlier version of the provider is kept.
   */
  install(path: string, check: (definition: PluginProvider) => void = () => {}): Promise<PluginProvider> {
    return this.#discovering.run(() => this.#install(path, check));
  }

  async #install(path: string, check: (definition: PluginProvider) => void): Promise<PluginProvider> {
    try {
      const definition = await discoverProvider(path, this.#discoverOptions());
      check(definition);
      const installed = join(this.#options.pluginsDirectory, definition.Name);
      await rename(path, installed);
      this.#providers.set(definition.Name, { definition, path: installed });
      return definition;
    } catch (error) {
      await rm(path, { force: true });
      const messages = ModelError.from(error)?.messages ?? [
        error instanceof Error ? error.message : String(error),
      ];
      throw new ModelError(400, messages, { model: 'plugin_providers', type: 'plugin', cause: error });
    }
  }

  /** Stops all plugins of a provider and deletes its file. Throws ModelError 404 for an unknown provider. */
  async removeProvider(name: string): Promise<void> {
    const known = this.#providers.get(name);
    if (known === undefined)
      throw new ModelError(404, 'Not Found', { model: 'plugin_providers', key: name, type: 'plugin' });
    await rm(known.path, { force: true });
    await this.#forget(name);
  }

  /** The known providers, by name. */
  providers(): PluginProvider[] {
    return [...this.#providers.values()]
      .map(({ definition }) => definition)
      .sort((a, b) => (a.Name < b.Name ? -1 : 1));
  }

  /**
   * Starts or restarts a plugin. Resolves when it is configured. Throws ModelError when it cannot be started, and
   * reports the same as its PluginErrors: 422 for a missing required param, 404 for a missing provider, the plugin's
   * own error from `config`, 500 or 504 when the process did not become ready.
   */
  start(plugin: PluginObject): Promise<void> {
    if (this.#closing.signal.aborted)
      return Promise.reject(new ModelError(503, 'the endpoint is being stopped'));
    return this.#instance(plugin.Name).start(plugin);
  }

  /** Stops a plugin. Resolves when its processes are gone, immediately when it does not run. */
  async stop(name: string): Promise<void> {
    await this.#instances.get(name)?.stop();
  }

  /** Whether the plugin is configured and takes actions. */
  running(name: string): boolean {
    return ['running', 'busy'].includes(this.state(name));
  }

  /** The state of the plugin's process; `stopped` if it was never started. */
  process(name: string): ProcessStatus {
    return this.#instance(name).process;
  }

  /** The recent traffic on the sockets of a plugin. */
  traffic(name: string): Traffic {
    return this.#instance(name).traffic;
  }

  /** Stops a plugin whose object is deleted, and discards its traffic. */
  async remove(name: string): Promise<void> {
    await this.stop(name);
    this.#instances.get(name)?.traffic.clear();
  }

  /**
   * Sends an event to one plugin and waits for its answer. Throws the plugin's ModelError, 503 when it does not run,
   * 504 after the time limit.
   */
  replay(name: string, event: Event, signal: AbortSignal): Promise<void> {
    return this.#instance(name).replay(event, signal);
  }

  state(name: string): PluginState {
    return this.#instances.get(name)?.state ?? 'stopped';
  }

  /**
   * Runs an action and returns its result. Throws the plugin's ModelError; 502 when the plugin dies during it or its
   * answer is not JSON, 503 when it does not run or `signal` is aborted, 504 after the time limit.
   */
  async action(
    plugin: string,
    action: Action,
    options: { signal?: AbortSignal; headers?: Record<string, string> } = {},
  ): Promise<unknown> {
    return this.#known(plugin).action(action, options);
  }

  /** Sends an event to every running plugin whose provider has HasPublish, without waiting for the answers. */
  publish(event: Event): void {
    for (const instance of this.#instances.values()) instance.publish(event);
  }

  /**
   * Forwards a request for `.../plugin-apis/PLUGIN/...` to the plugin, and its answer back. The part of the URL before
   * `/plugin-apis` is dropped. Throws ModelError if nothing has been answered yet.
   */
  async forward(plugin: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = incoming.url ?? '/';
    const path = url.slice(Math.max(0, url.indexOf('/plugin-apis/')));
    await this.#known(plugin).forward(incoming, outgoing, path);
  }

  /** Stops everything. Resolves when no child process is left. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#instances.values()].map((instance) => instance.stop()));
    await this.#discovering.run(async () => {});
  }

  #discoverOptions() {
    return {
      filesDirectory: this.#options.filesDirectory,
      limits: this.#limits,
      signal: this.#closing.signal,
    };
  }

  async #look(file: string): Promise<DiscoveryReport> {
    const path = join(this.#options.pluginsDirectory, file);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) return this.#skip({ file, milliseconds: 0, skipped: 'is not a file' });
    const report = await discoverFile(path, this.#discoverOptions());
    return report.skipped === undefined ? report : this.#skip(report);
  }

  #skip(report: DiscoveryReport): DiscoveryReport {
    this.#options.onLog(
      hostLine('error', `Skipping ${report.file}: ${report.skipped}`, { service: 'plugin', principal: '' }),
      { provider: '', plugin: '', stream: 'host' },
    );
    return report;
  }

  /** Registers the provider of a file, unless another one in `all` is preferred. */
  #admit(report: DiscoveryReport, all: readonly DiscoveryReport[]): DiscoveryReport {
    const name = report.provider?.Name;
    if (name === undefined) return report;
    const same = all.filter(({ provider }) => provider?.Name === name);
    const chosen = same.find(({ file }) => file === name) ?? same[0];
    if (chosen === report || chosen === undefined) {
      this.#register(report);
      return report;
    }
    const { file, milliseconds } = report;
    return this.#skip({ file, milliseconds, skipped: `provider ${name} is taken from ${chosen.file}` });
  }

  #register({ file, provider }: DiscoveryReport): void {
    if (provider === undefined) return;
    this.#providers.set(provider.Name, {
      definition: provider,
      path: join(this.#options.pluginsDirectory, file),
    });
  }

  #known(name: string): SupervisedPlugin {
    const instance = this.#instances.get(name);
    if (instance !== undefined) return instance;
    throw new ModelError(404, 'the plugin is not running', { model: 'plugins', key: name, type: 'plugin' });
  }

  #instance(name: string): SupervisedPlugin {
    const known = this.#instances.get(name);
    if (known !== undefined) return known;
    const instance: SupervisedPlugin = new SupervisedPlugin(name, {
      limits: this.#limits,
      isSecret: (param) => this.#options.isSecret(param),
      start: (plugin, signal) => this.#run(instance, plugin, signal),
      hasPublish: (provider) => this.#providers.get(provider)?.definition.HasPublish ?? false,
      log: (level, message, plugin) => this.#log(level, message, plugin),
      onErrors: (errors) => this.#tell(() => this.#observer?.pluginErrors(name, errors)),
      onRunning: () => this.#tell(() => this.#observer?.pluginRunning(name)),
      onRefused: (provider) => this.#refused(provider),
    });
    this.#instances.set(name, instance);
    return instance;
  }

  /** Starts a plugin's process after checking its provider and params. */
  async #run(instance: SupervisedPlugin, plugin: PluginObject, signal: AbortSignal): Promise<PluginRun> {
    const { communicationDirectory, scratchDirectory, environment, token } = this.#options;
    const known = this.#startable(plugin);
    await mkdir(communicationDirectory, { recursive: true, mode: 0o700 });
    await mkdir(scratchDirectory, { recursive: true, mode: 0o700 });
    socketNumber += 1;
    const socket = (direction: string) =>
      join(communicationDirectory, `${plugin.Name}.${direction}.${socketNumber}`);
    const source = { provider: plugin.Provider, plugin: plugin.Name };
    return await PluginRun.start(
      {
        plugin: plugin.Name,
        executable: known.path,
        toSocket: socket('toPlugin'),
        fromSocket: socket('fromPlugin'),
        cwd: scratchDirectory,
        env: { ...inheritedEnvironment(), ...environment, RS_TOKEN: await token(plugin.Name) },
        limits: this.#limits,
        traffic: instance.traffic,
        requests: {
          log: (line) => this.#options.onLog(line, { ...source, stream: 'log' }),
          publish: (event) => this.#options.onPublish(event, plugin.Name),
          objects: (prefix) => this.#options.listObjects(prefix),
        },
        onLeaving: (reason) => instance.leave(reason),
        onOutput: (line, stream) =>
          this.#options.onLog(hostLine('info', line, { service: plugin.Name, principal: plugin.Provider }), {
            ...source,
            stream,
          }),
      },
      signal,
    );
  }

  #startable(plugin: PluginObject): KnownProvider {
    const about = { model: 'plugins', key: plugin.Name, type: 'plugin' };
    if (!isName(plugin.Name))
      throw new ModelError(400, `Name: ${JSON.stringify(plugin.Name)} cannot be a plugin's name`, about);
    const known = this.#providers.get(plugin.Provider);
    if (known === undefined) throw missingProvider(plugin.Provider);
    const missing = (known.definition.RequiredParams ?? []).filter(
      (param) => !Object.hasOwn(plugin.Params ?? {}, param),
    );
    if (missing.length > 0)
      throw new ModelError(
        422,
        missing.map((param) => `Missing required parameter: ${param}`),
        about,
      );
    return known;
  }

  #refused(provider: string): void {
    if (!this.#providers.has(provider)) return;
    this.#options.onLog(
      hostLine('error', `Removing provider ${provider}: a plugin of it refused with code 403`, {
        service: 'plugin',
        principal: provider,
      }),
      { provider, plugin: '', stream: 'host' },
    );
    void this.#forget(provider);
    this.#tell(() => this.#observer?.providerRemoved(provider));
  }

  /** Stops the plugins of a removed provider. Plugins with an error of their own keep it. */
  async #forget(provider: string): Promise<void> {
    this.#providers.delete(provider);
    const reason = missingProvider(provider);
    const concerned = [...this.#instances.entries()].filter(([, instance]) => instance.provider === provider);
    await Promise.all(
      concerned.map(async ([name, instance]) => {
        if (['stopped', 'stopping', 'failed'].includes(instance.state)) return;
        await instance.stop(reason);
        this.#tell(() => this.#observer?.pluginErrors(name, reason.messages));
      }),
    );
  }

  /** Calls the observer. Its errors are logged and do not affect the plugin. */
  #tell(callBack: () => unknown): void {
    (async () => callBack())().catch((error: unknown) => {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#options.onLog(
        hostLine('error', `telling the endpoint failed: ${why}`, { service: 'plugin', principal: '' }),
        {
          provider: '',
          plugin: '',
          stream: 'host',
        },
      );
    });
  }

  #log(level: LogLevel, message: string, plugin: PluginObject): void {
    this.#options.onLog(hostLine(level, message, { service: plugin.Name, principal: plugin.Provider }), {
      provider: plugin.Provider,
      plugin: plugin.Name,
      stream: 'host',
    });
  }
}

function missingProvider(provider: string): ModelError {
  return new ModelError(404, `Missing Plugin Provider: ${provider}`, {
    model: 'plugin_providers',
    key: provider,
    type: 'plugin',
  });
}
