import type { Event, LogLine } from '../../models/index.ts';

/** The source of a log line. */
export interface LogSource {
  /** The provider's name; empty for lines without one. */
  provider: string;
  /** The plugin's name; empty for lines without one. */
  plugin: string;
  /** `log`: posted by the plugin. `stdout`, `stderr`: printed by it. `host`: written by the host. */
  stream: 'log' | 'stdout' | 'stderr' | 'host';
}

/** The fields of a plugin object that the host needs. */
export interface PluginObject {
  Name: string;
  /** The name of its provider. */
  Provider: string;
  /** Params for `config`. Defaults are filled in, secure params are decrypted. */
  Params: Readonly<Record<string, unknown>> | null;
}

/** The variables that a plugin gets in addition to RS_TOKEN and the endpoint's own environment. */
export interface PluginEnvironment {
  /** URL of the REST API, `https://127.0.0.1:8092`. */
  RS_ENDPOINT: string;
  /** URL of the static file server, `http://127.0.0.1:8091`. */
  RS_FILESERVER: string;
  /** The folder that the static file server serves. */
  RS_WEBROOT: string;
}

/** Time limits in ms. dr-provision has none of these. */
export interface HostLimits {
  /** `PROVIDER define`. */
  define: number;
  /** `PROVIDER unpack`. */
  unpack: number;
  /** From the start of `PROVIDER listen` to READY!. */
  start: number;
  /** `POST /config`. */
  config: number;
  /** One action, from the call to the end of the answer. */
  action: number;
  /** One event sent to one plugin. */
  publish: number;
  /** Interval of pings to a running plugin, and the time after which an unanswered one makes it busy. */
  ping: number;
  /** How long a plugin may be busy before it is killed and restarted. */
  busy: number;
  /** A forwarded request: how long no bytes may move in either direction. */
  forwardIdle: number;
  /** How long running actions may take to finish before the plugin is told to stop. */
  drain: number;
  /** From `POST /stop` to the end of the process; afterwards it is killed. */
  stop: number;
  /** From SIGTERM to SIGKILL, for a plugin that does not serve. */
  terminate: number;
  /** Pause before a dead plugin is restarted. It doubles with each death, */
  restartFirst: number;
  /** up to this, */
  restartLongest: number;
  /** and is reset when the plugin has run for this long. */
  restartReset: number;
}

export const DEFAULT_LIMITS: Readonly<HostLimits> = {
  define: 30_000,
  unpack: 120_000,
  start: 60_000,
  config: 60_000,
  action: 30 * 60_000,
  publish: 30_000,
  // Interval and time for the answer together: a blocked plugin is reported within 5 s.
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
  /** Every file in it is a provider's executable. A leading dot marks an upload in progress. */
  pluginsDirectory: string;
  /** Providers unpack into `plugin_providers/NAME` below this folder. */
  filesDirectory: string;
  /** Folder of the sockets, mode 0700. Its path must be short: that of a socket is limited to 107 bytes. */
  communicationDirectory: string;
  /** The working folder of all plugins, mode 0700. */
  scratchDirectory: string;
  limits?: Partial<HostLimits>;
  environment: PluginEnvironment;
  /** RS_TOKEN of a plugin. */
  token(plugin: string): string | Promise<string>;
  /** Called with each line that plugins post or print, and with lines of the host. Must not throw. */
  onLog(line: LogLine, source: LogSource): void;
  /** Called when a plugin creates an event. When it throws a ModelError, the plugin gets a 409. */
  onPublish(event: Event, plugin: string): void | Promise<void>;
  /** Whether the values of a param are secret. */
  isSecret(param: string): boolean;
  /** All objects of a prefix, at the request of a plugin. A thrown ModelError is the answer. */
  listObjects(prefix: string): readonly unknown[] | Promise<readonly unknown[]>;
}

/** Is notified about the states of plugins. Its errors are logged. */
export interface PluginObserver {
  /** The plugin's PluginErrors have changed; an empty list means that it runs. Also called at the start. */
  pluginErrors(plugin: string, errors: string[]): void;
  /** The plugin is configured and takes actions, after its first start and each restart. */
  pluginRunning(plugin: string): void;
  /** A plugin answered with code 403: its provider is removed, and all plugins of it are being stopped. */
  providerRemoved(provider: string): void | Promise<void>;
}
