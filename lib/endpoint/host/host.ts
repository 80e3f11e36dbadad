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

/** Providers that are asked at a time: more than there are processors mostly, which are then not idle at the end. */
const AT_ONCE = 8;

/** Sockets are numbered over the life of the process, from 2 on as in the recordings. */
let socketNumber = 1;

/**
 * Discovers providers and runs plugins, as the original does, with what that lacks: a limit for
 * everything that it waits for, what was seen on stderr in every failure to start, and dead plugins started again.
 */
export class PluginHost {
  readonly #options: HostOptions;
  readonly #limits: HostLimits;
  #observer: PluginObserver | undefined;
  readonly #providers = new Map<string, KnownProvider>();
  readonly #instances = new Map<string, SupervisedPlugin>();
  readonly #closing = new AbortController();
  /** One look at the plugins folder at a time: they would undo each other's findings. */
  readonly #discovering = new Semaphore(1);

  constructor(options: HostOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
  }

  /** Tells `observer`, and nobody else, how plugins fare from now on. */
  observe(observer: PluginObserver): void {
    this.#observer = observer;
  }

  /**
   * Looks at every file of the plugins folder, in the order of names, and says what became of each. Providers whose
   * file is gone are forgotten. When two files hold the same provider, the one of its name is taken, or else the first.
   * Several are asked at a time; plugins are not touched.
   */
  discover(): Promise<DiscoveryReport[]> {
    return this.#discovering.run(() => this.#discoverAll());
  }

  async #discoverAll(): Promise<DiscoveryReport[]> {
    const { pluginsDirectory } = this.#options;
    await mkdir(pluginsDirectory, { recursive: true });
    // An upload under way has a leading dot, as with the original.
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

  /** Looks at one file of the plugins folder. Its provider takes the place of one of the same name. */
  discoverOne(file: string): Promise<DiscoveryReport> {
    return this.#discovering.run(async () => {
      const report = await this.#look(file);
      this.#register(report);
      return report;
    });
  }

  /**
   * Takes an uploaded executable in: asks it what it is and, when it is a provider, moves it to the plugins folder
   * under the provider's name. `path` should be on the same file system, a name with a leading dot in the plugins
   * folder for example. `check` may throw a ModelError to refuse what it is. Throws ModelError 400 with what was seen;
   * the file is then removed, and the provider that was there before stays.
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

  /** Stops all plugins of a provider and deletes its file. Throws ModelError 404 for an unknown one. */
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
   * Starts a plugin, anew when it runs. Settles when it is configured. Throws ModelError when it cannot be started, and
   * reports the same as its PluginErrors: 422 for a required param that is missing, 404 for a provider that is, the
   * plugin's own error from `config`, 500 or 504 when it did not come up.
   */
  start(plugin: PluginObject): Promise<void> {
    if (this.#closing.signal.aborted)
      return Promise.reject(new ModelError(503, 'the endpoint is being stopped'));
    return this.#instance(plugin.Name).start(plugin);
  }

  /** Stops a plugin. Settles when nothing of it is left, also for one that does not run. */
  async stop(name: string): Promise<void> {
    await this.#instances.get(name)?.stop();
  }

  /** Whether the plugin is configured and takes actions. */
  running(name: string): boolean {
    return ['running', 'busy'].includes(this.state(name));
  }

  /** The plugin as a process; one that was never started is stopped. */
  process(name: string): ProcessStatus {
    return this.#instance(name).process;
  }

  /** What went over the sockets of a plugin last. */
  traffic(name: string): Traffic {
    return this.#instance(name).traffic;
  }

  /** Stops a plugin that is not wanted any more, and forgets what went over its sockets. */
  async remove(name: string): Promise<void> {
    await this.stop(name);
    this.#instances.get(name)?.traffic.clear();
  }

  /**
   * Sends an event to one plugin and waits for its answer. Throws the plugin's ModelError, 503 when it does not run, 504 when
   * it takes too long.
   */
  replay(name: string, event: Event, signal: AbortSignal): Promise<void> {
    return this.#instance(name).replay(event, signal);
  }

  state(name: string): PluginState {
    return this.#instances.get(name)?.state ?? 'stopped';
  }

  /**
   * Runs an action and returns its result. Throws the plugin's ModelError; 502 when the plugin dies over it or answers
   * what is not JSON, 503 when it does not run or `signal` was aborted, 504 when it takes too long.
   */
  async action(
    plugin: string,
    action: Action,
    options: { signal?: AbortSignal; headers?: Record<string, string> } = {},
  ): Promise<unknown> {
    return this.#known(plugin).action(action, options);
  }

  /** Sends an event to every running plugin whose provider has HasPublish. Does not wait for them. */
  publish(event: Event): void {
    for (const instance of this.#instances.values()) instance.publish(event);
  }

  /**
   * Passes a request for `.../plugin-apis/PLUGIN/...` on to the plugin, and its answer back. What is before
   * `/plugin-apis` in the URL is left out. Throws ModelError as long as nothing has been answered.
   */
  async forward(plugin: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = incoming.url ?? '/';
    const path = url.slice(Math.max(0, url.indexOf('/plugin-apis/')));
    await this.#known(plugin).forward(incoming, outgoing, path);
  }

  /** Stops everything. Settles when no child is left. */
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

  /** Registers what a file holds, unless another of `all` is to be preferred. */
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

  /** Starts a process, when everything is there that it needs. */
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

  /** Stops the plugins of a provider that is gone. Those that have said why keep their own errors. */
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

  /** Calls back; what goes wrong there is logged, and changes nothing for the plugin that it is about. */
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
