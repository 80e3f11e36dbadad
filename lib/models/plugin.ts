/**
 * Wire types of the plugin protocol. Names and JSON names are those of the Go package `models` of Digital Rebar v4, so
 * its documentation applies.
 */

/** Any object of the endpoint as JSON, for instance a machine. */
export type RawModel = Record<string, unknown>;

/** The declaration of an action. `Model` is an object prefix such as `machines`, or `""` for the system. */
export interface AvailableAction {
  Provider: string;
  Model: string;
  Command: string;
  RequiredParams: string[] | null;
  OptionalParams: string[] | null;
}

/** What `define` prints. */
export interface PluginProvider {
  Meta: Record<string, string>;
  Name: string;
  Version: string;
  PluginVersion: number;
  AutoStart: boolean;
  HasPublish: boolean;
  AvailableActions: AvailableAction[] | null;
  RequiredParams: string[] | null;
  OptionalParams: string[] | null;
  StoreObjects: Record<string, unknown>;
  Documentation: string;
  Content: string;
}

/** The version of the plugin protocol that this package speaks. Endpoints ignore providers with another. */
export const PLUGIN_VERSION = 4;

/**
 * The body of `POST /action`. `Model` is the object that the action is called on; for the system, its global profile or
 * null.
 */
export interface Action {
  Model: unknown;
  Plugin: string;
  Command: string;
  CommandSet: string;
  Params: Record<string, unknown>;
}

/** Something that happened at the endpoint. `Original` is the object before an update. */
export interface Event {
  /** RFC 3339, up to nanoseconds. */
  Time: string;
  Type: string;
  Action: string;
  Key: string;
  Principal: string;
  Object: unknown;
  Original: unknown;
}

/** Levels of `logger.Line`, from the lowest to the highest. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'panic', 'audit'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One log line (`logger.Line`), the body of `POST /log`. */
export interface LogLine {
  /** The same for all lines of one request. */
  Group: number;
  /** Counts all lines of the process, so that the endpoint can sort them and see gaps. */
  Seq: number;
  Time: string;
  Service: string;
  Principal: string;
  Level: LogLevel;
  File: string;
  Line: number;
  Message: string;
  Data: unknown[];
  /** The endpoint creates no event for this line. Otherwise a line about an event would cause another event. */
  IgnorePublish: boolean;
}
