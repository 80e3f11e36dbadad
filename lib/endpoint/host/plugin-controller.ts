import type { State } from '../state/open-state.ts';
import { Actions } from './actions.ts';
import { followBootTargets } from './boot-target.ts';
import { type HostOptions, PluginHost } from './index.ts';
import { Jobs } from './jobs.ts';
import { Plugins } from './plugins.ts';
import { ProviderFolder } from './provider-folder.ts';

/** The options of the host that do not follow from the state. */
export type ControllerOptions = Omit<HostOptions, 'onLog' | 'onPublish' | 'isSecret' | 'listObjects'>;

/** Runs the plugins of an endpoint, and what they do: actions, also those of jobs and of changed boot environments. */
export class PluginController {
  readonly host: PluginHost;
  readonly plugins: Plugins;
  readonly providers: ProviderFolder;
  readonly actions: Actions;
  readonly jobs: Jobs;
  readonly #closeBootTargets: () => void;
  readonly #unsubscribe: () => void;
  #closed = false;

  /** Starts no plugins: see `open`. */
  constructor(state: State, options: ControllerOptions) {
    const { objects, events, contents, logs, jobLogs } = state;
    const host = new PluginHost({
      ...options,
      onLog: (line) => logs.add(line),
      onPublish: (event) => events.publish(event),
      isSecret: (param) => objects.params.isSecure(param),
      listObjects: (prefix) => objects.list(prefix),
    });
    const plugins = new Plugins({ objects, events, contents, host, logs });
    const actions = new Actions({ objects, events, plugins, host });
    this.host = host;
    this.plugins = plugins;
    this.actions = actions;
    this.providers = new ProviderFolder({ directory: options.pluginsDirectory, host, plugins, logs });
    this.#closeBootTargets = followBootTargets({ objects, events, actions, logs });
    this.jobs = new Jobs({ objects, events, logs: jobLogs, actions });
    this.#unsubscribe = events.subscribe((event) => host.publish(event));
  }

  /** Loads the providers. Resolves when their plugins have started or failed. */
  async open(): Promise<void> {
    await this.providers.open();
    if (this.#closed) return;
    this.plugins.reportOrphans();
    await this.plugins.settled();
  }

  /** Stops the plugins. Running actions get time to finish. */
  async close(): Promise<void> {
    this.#closed = true;
    this.providers.close();
    this.plugins.close();
    this.#unsubscribe();
    await this.host.close();
    this.jobs.close();
    this.#closeBootTargets();
  }
}
