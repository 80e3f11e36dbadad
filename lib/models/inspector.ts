import type { ModelErrorJson } from './error.ts';

/**
 * What the development endpoint reports about plugins at `/ui/api`, for its inspector. dr-provision does not have this.
 */

/** The process of a plugin. */
export interface PluginProcess {
  Name: string;
  Provider: string;
  /** `failed` includes a process that has died and waits for its restart. */
  State: 'starting' | 'running' | 'busy' | 'stopped' | 'failed';
  Pid?: number;
  /** RFC 3339. */
  StartedAt?: string;
  /** Restarts after the process died. */
  Restarts: number;
  MemoryBytes?: number;
  /** Since the last start by a user. */
  LastError?: ModelErrorJson;
}

/** A request on a socket of a plugin, with its answer. */
export interface SocketExchange {
  /** Numbers the exchanges of a plugin. */
  Id: number;
  /** Time of the request, RFC 3339. */
  Time: string;
  /** The sender of the request. */
  From: 'endpoint' | 'plugin';
  Method: string;
  Path: string;
  RequestBody?: string;
  /** Absent until there is an answer. */
  Status?: number;
  ResponseBody?: string;
  /** Absent while the request is under way. */
  DurationMs?: number;
  /** Whether a body was too long and is cut. */
  Cut?: boolean;
}

export interface TrafficPart {
  /** Pass it as `after` to get the next entries. */
  Next: number;
  /** How many exchanges were dropped since `after`. */
  Dropped: number;
  /** An exchange that was under way before comes again, with the same Id, when it has ended. */
  Entries: SocketExchange[];
}
