import type { Client } from '../../lib/api/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import type { Semaphore } from '../../lib/process/index.ts';
import type { Ledger } from './ledger.ts';
import type { Cloud } from './metal/cloud.ts';
import type { Settings } from './settings.ts';

/** The environment of one configuration of the plugin. */
export interface Setup {
  /** Name of the plugin, and value of the param machine-plugin of its machines. */
  plugin: string;
  settings: Settings;
  /** The projects that the key can access. */
  projects: readonly string[];
  cloud: Cloud;
  api: Client;
  ledger: Ledger;
  /** Limits concurrent requests to the endpoint for single machines. */
  gate: Semaphore;
  log: Logger;
  /** URL of the endpoint's file server. */
  fileServer: string | undefined;
  /** Aborted when the plugin stops or is configured again. */
  signal: AbortSignal;
}
