import type { Actions } from './actions.ts';
import type { Authentication } from './authentication.ts';
import type { Contents } from './contents.ts';
import type { Events } from './events.ts';
import type { PluginHost } from './host/index.ts';
import type { Logs } from './logs.ts';
import type { Objects } from './objects.ts';
import type { Plugins } from './plugins.ts';
import type { ProviderFolder } from './provider-folder.ts';

/** The parts of a running endpoint, as the routes use them. */
export interface Parts {
  /** The folder that the static file server serves. */
  webRoot: string;
  providers: ProviderFolder;
  objects: Objects;
  events: Events;
  contents: Contents;
  plugins: Plugins;
  actions: Actions;
  host: PluginHost;
  logs: Logs;
  authentication: Authentication;
  /** What `GET /info` answers. */
  info(): Record<string, unknown>;
}
