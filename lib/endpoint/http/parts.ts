import type { Actions } from '../host/actions.ts';
import type { PluginHost } from '../host/index.ts';
import type { Jobs } from '../host/jobs.ts';
import type { Plugins } from '../host/plugins.ts';
import type { ProviderFolder } from '../host/provider-folder.ts';
import type { Contents } from '../state/contents.ts';
import type { Events } from '../state/events.ts';
import type { JobLogs } from '../state/jobs/job-logs.ts';
import type { Logs } from '../state/logs.ts';
import type { Objects } from '../state/objects.ts';
import type { Rendering } from '../state/rendering/rendering.ts';
import type { Authentication } from './authentication.ts';
import type { MachineTokens } from './machine-tokens.ts';

/** The parts of a running endpoint that routes use. */
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
  machineTokens: MachineTokens;
  jobs: Jobs;
  jobLogs: JobLogs;
  rendering: Rendering;
  /** The answer of `GET /info`. */
  info(): Record<string, unknown>;
}
