import type { ModelErrorJson } from './error.ts';

/*
 * What the development endpoint tells of plugins at `/ui/api`, and its inspector shows. No dr-provision has it.
 */

/** A plugin as a process. */
export interface PluginProcess {
  Name: string;
  Provider: string;
  /** `failed` is one that has died and waits for its restart, too. */
  State: 'starting' | 'running' | 'busy' | 'stopped' | 'failed';
  Pid?: number;
  /** RFC 3339. */
  StartedAt?: string;
  /** After deaths. */
  Restarts: number;
  MemoryBytes?: number;
  /** Since the last start on purpose. */
  LastError?: ModelErrorJson;
}

/** One request on a socket of a plugin, and its answer. */
export interface SocketExchange {
  /** Counts the exchanges of the plugin. */
  Id: number;
  /** When it began, RFC 3339. */
  Time: string;
  /** Who asked. */
  From: 'endpoint' | 'plugin';
  Method: string;
  Path: string;
  RequestBody?: string;
  /** Missing while there is no answer. */
  Status?: number;
  ResponseBody?: string;
  /** Missing while it is under way. */
  DurationMs?: number;
  /** Whether a body is not all here. */
  Cut?: boolean;
}

export interface TrafficPart {
  /** What to ask for the next part with. */
  Next: number;
  /** How many exchanges were dropped before they were asked for. */
  Dropped: number;
  /** One that was under way before is here again when it has ended. */
  Entries: SocketExchange[];
}
