import type { ModelError } from '../../lib/models/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import type { Params } from './params.ts';

/** What talks to a BMC: this plugin by IPMI or Redfish, a tool, or an HMC. */
export const TRANSPORTS = ['native', 'ipmitool', 'redfish', 'racadm', 'lpar'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** An action on the BMC of a machine. */
export interface Request {
  /** The name of the plugin at the endpoint. */
  plugin: string;
  command: string;
  params: Params;
  log: Logger;
  /** Called with the transport before it is used, and again when another one takes over. */
  onTransport?: (transport: Transport) => void;
  /** Downloads a file of the endpoint to a local path. */
  downloadFile?: (path: string, to: string) => Promise<unknown>;
  /** Stores a password in the machine's own ipmi/password, encrypted. */
  keepPassword?: (password: string) => Promise<void>;
  /** Aborted when the plugin stops. */
  signal: AbortSignal;
}

/** A way to talk to BMCs. Drivers throw ModelError. */
export interface Driver {
  /** The name in errors, as in the Go ipmi plugin. */
  readonly name: string;
  /** The commands that it supports. */
  readonly commands: ReadonlySet<string>;
  /** Why the driver cannot work: its tool is missing, or an error of the service. Undefined when it can. */
  missing(request: Request): Promise<string | ModelError | undefined>;
  /** Runs one of its `commands` and returns the action's result. */
  run(request: Request): Promise<unknown>;
  /** The power state in one word, mostly `on` or `off`. */
  power(request: Request): Promise<string>;
}
