import type { ModelError } from '../../lib/models/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import type { Params } from './params.ts';

/** Who talks to a BMC: this plugin by IPMI or Redfish, a tool, or an HMC. */
export const TRANSPORTS = ['native', 'ipmitool', 'redfish', 'racadm', 'lpar'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** One action on one machine's BMC. */
export interface Request {
  /** The name of this plugin at the endpoint. */
  plugin: string;
  command: string;
  params: Params;
  log: Logger;
  /** Told who talks to the BMC before it is done, and again when another takes over. */
  onTransport?: (transport: Transport) => void;
  /** Fetches one of the endpoint's files to a local path. */
  downloadFile?: (path: string, to: string) => Promise<unknown>;
  /** Puts a password into the machine's own ipmi/password, sealed. */
  keepPassword?: (password: string) => Promise<void>;
  /** Aborted when the plugin stops. */
  signal: AbortSignal;
}

/** One way to talk to a BMC. Drivers throw ModelError. */
export interface Driver {
  /** What errors call it; the names are those of the reference. */
  readonly name: string;
  /** The actions that it can do. */
  readonly commands: ReadonlySet<string>;
  /** Why nothing can be done: its tool is not there, or the error of its service; undefined if something can. */
  missing(request: Request): Promise<string | ModelError | undefined>;
  /** Does one of its `commands` and returns the action's result. */
  run(request: Request): Promise<unknown>;
  /** The power state as one word, `on` or `off` for most. */
  power(request: Request): Promise<string>;
}
