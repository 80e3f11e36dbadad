import type { Event, LogLine } from '../../models/index.ts';

/** Where a line of the log comes from. */
export interface LogSource {
  /** The provider, empty for lines about no provider. */
  provider: string;
  /** The plugin, empty for lines about no plugin. */
  plugin: string;
  /** `log`: the plugin posted it. `stdout`, `stderr`: it printed it. `host`: the host speaks about it. */
  stream: 'log' | 'stdout' | 'stderr' | 'host';
}

/** What the host wants to know of a plugin object. */
export interface PluginObject {
  Name: string;
  /** The name of its provider. */
  Provider: string;
  /** What `config` is called with. Defaults of params are already filled in, secure params are open. */
  Params: Readonly<Record<string, unknown>> | null;
}

/** The variables that a plugin gets besides RS_TOKEN and the endpoint's own environment. */
export interface PluginEnvironment {
  /** URL of the REST API, `https://127.0.0.1:8092`. */
  RS_ENDPOINT: string;
  /** URL of the static file server, `http://127.0.0.1:8091`. */
  RS_FILESERVER: string;
  /** The folder that the static file server serves. */
  RS_WEBROOT: string;
}

/** Time limits in milliseconds. The original waits without end for all of this. */
export interface HostLimits {
  /** `PROVIDER define`. */
  define: number;
  /** `PROVIDER unpack`. */
  unpack: number;
  /** From the start of `PROVIDER listen` to READY!. */
  start: number;
  /** `POST /config`. */
  config: number;
  /** One action, from the call to its whole answer. */
  action: number;
  /** One event sent to one plugin. */
  publish: number;
  /** From one ping of a plugin that runs to the next, and how long it may take to answer one before it counts as busy. */
  ping: number;
  /** How long it may be busy before its process is killed and started again. */
  busy: number;
  /** A forwarded request: the longest time with nothing going either way. */
  forwardIdle: number;
  /** What running actions get to end before the plugin is told to stop. */
  drain: number;
  /** From `POST /stop` to the end of the process; then it is killed. */
  stop: number;
  /** From SIGTERM to SIGKILL, for a plugin that does not serve (any more or yet). */
  terminate: number;
  /** The wait before a dead plugin is started again. It doubles with each death, */
  restartFirst: number;
  /** to this at most, */
  restartLongest: number;
  /** and begins anew when the plugin has run for this long. */
  restartReset: number;
}

export const DEFAULT_LIMITS: Readonly<HostLimits> = {
  define: 30_000,
  unpack: 120_000,
  start: 60_000,
  config: 60_000,
  action: 30 * 60_000,
  publish: 30_000,
  ping: 2_000,
  busy: 60_000,
  forwardIdle: 5 * 60_000,
  drain: 5_000,
  stop: 10_000,
  terminate: 2_000,
  restartFirst: 1_000,
  restartLongest: 60_000,
  restartReset: 60_000,
};

export interface HostOptions {
  /** Every file in it is a provider's executable. Names with a leading dot are uploads under way. */
  pluginsDirectory: string;
  /** Providers unpack into `plugin_providers/NAME` below it. */
  filesDirectory: string;
  /** Where the sockets are made, mode 0700. A short path: a socket's may have 107 bytes. */
  communicationDirectory: string;
  /** The working folder of all plugins, mode 0700. */
  scratchDirectory: string;
  limits?: Partial<HostLimits>;
  environment: PluginEnvironment;
  /** RS_TOKEN of a plugin. */
  token(plugin: string): string | Promise<string>;
  /** Each line that plugins post and print, and what the host has to say. Must not throw. */
  onLog(line: LogLine, source: LogSource): void;
  /** A plugin makes an event. A ModelError thrown here refuses it: the plugin is answered 409. */
  onPublish(event: Event, plugin: string): void | Promise<void>;
  /** Whether the values of a param must not be shown to anybody. */
  isSecret(param: string): boolean;
  /** All objects of a prefix, for a plugin that asks. A ModelError thrown here is the answer. */
  listObjects(prefix: string): readonly unknown[] | Promise<readonly unknown[]>;
}

/** Who is told how plugins fare. What it throws is logged. */
export interface PluginObserver {
  /** The plugin's PluginErrors are now these; an empty list: it runs. Called at each change, at start as well. */
  pluginErrors(plugin: string, errors: string[]): void;
  /** The plugin is configured and takes actions: at its first start and after each restart. */
  pluginRunning(plugin: string): void;
  /** A plugin refused with code 403: its provider is gone, and all of its plugins are being stopped. */
  providerRemoved(provider: string): void | Promise<void>;
}
