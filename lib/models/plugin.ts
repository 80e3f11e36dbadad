/**
 * Wire types of the plugin protocol. Their names and JSON names are those of the Go package `models` of
 * Digital Rebar v4, so that its documentation applies.
 */

/** Any object of the endpoint as JSON, for instance a machine. */
export type RawModel = Record<string, unknown>;

/** What a provider declares of one action. `Model` is an object prefix such as `machines`, or `""`: the system. */
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

/** The version of the plugin protocol that this package speaks. Endpoints skip every other. */
export const PLUGIN_VERSION = 4;

/** The body of `POST /action`. `Model` is the object that the action is for; the system's is its global profile or null. */
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

/** Levels of `logger.Line`, least first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'panic', 'audit'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One log line (`logger.Line`), the body of `POST /log`. */
export interface LogLine {
  /** Lines of one request share their group. */
  Group: number;
  /** Counts up over all lines of the process, so that the endpoint can order them and see gaps. */
  Seq: number;
  Time: string;
  Service: string;
  Principal: string;
  Level: LogLevel;
  File: string;
  Line: number;
  Message: string;
  Data: unknown[];
  /** The endpoint makes no event of this line. Without it, a line about an event would cause the next event. */
  IgnorePublish: boolean;
}
