import type { Client } from '../../lib/api/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import type { Gate } from './gate.ts';
import type { Ledger } from './ledger.ts';
import type { Cloud } from './metal/cloud.ts';
import type { Settings } from './settings.ts';

/** What everything here works with, from one configuration of the plugin to the next. */
export interface Setup {
  /** The name of the plugin, which is the param machine-plugin of its machines. */
  plugin: string;
  settings: Settings;
  /** The projects that the key reaches. */
  projects: readonly string[];
  cloud: Cloud;
  api: Client;
  ledger: Ledger;
  /** What is done at the endpoint for single machines goes through here, so that many of them do not flood it. */
  gate: Gate;
  log: Logger;
  /** URL of the endpoint's file server. */
  fileServer: string | undefined;
  /** Aborted when the plugin stops or is configured anew. */
  signal: AbortSignal;
}
