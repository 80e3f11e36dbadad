import type { Client } from '../api/index.ts';
import type { Event, PluginProvider, RawModel } from '../models/index.ts';
import type { Work } from './background.ts';
import type { Logger } from './logger.ts';
import type { ModelName, ModelOf, NoObjects, StoreObjects } from './object-types.ts';

/** A content pack as YAML. The generated module of a pack says in its type which params the pack has. */
export type PackText<P> = string & { readonly length: number; readonly $params?: P };

/** Passed to every handler. */
export interface Context {
  /** The name of the plugin instance. Before the endpoint has configured it, the provider's name. */
  plugin: string;
  /** A client for the endpoint's REST API. It uses the token that the endpoint gave this plugin. */
  api: Client;
  /** Writes to the endpoint's log. No method waits or throws. */
  log: Logger;
  /** Aborted when the plugin stops. Pass it to everything that waits. */
  signal: AbortSignal;
  /** Creates an event at the endpoint. Throws ModelError when the endpoint refuses it. */
  publish(event: Pick<Event, 'Type' | 'Action' | 'Key'> & { Object?: unknown }): Promise<void>;
  /** All objects of a prefix. Throws ModelError; older endpoints do not have this route (404). */
  objects(prefix: string): Promise<RawModel[]>;
  /** Tells the endpoint that this plugin cannot go on. The endpoint stops it; with code 403 it removes the provider. */
  leaving(reason: { code: number; messages?: readonly string[] }): Promise<void>;
}

/**
 * The params of the plugin object. Those named in `R` are always set: the endpoint does not start the plugin without
 * them.
 */
export type PluginParams<P, R extends keyof P> = Readonly<P & Required<Pick<P, R>>>;

export interface ConfigContext<P> extends Context {
  /** The plugin object's params. */
  params: Readonly<P>;
  /**
   * Runs `work` beside the requests, from the end of this config until the next one or until the plugin stops. Then its
   * signal is aborted, and its successor waits up to 5 s for it to end. A config that fails leaves earlier work
   * running. Work that fails is logged and restarted after a pause of 1 s, growing to a minute; work that returns is
   * finished. `clock.sleep` ends with the signal, and tests can move the clock.
   */
  background(work: Work): void;
}

export interface ActionContext<P, M = RawModel> extends Context {
  command: string;
  /** The prefix that the action was called on: `machines`, `plugins`, ..., or `system`. */
  prefix: string;
  /**
   * The object that the action was called on, with the fields that endpoints of version 4 send; older endpoints leave
   * newer fields out. For a system action: the endpoint's global profile, or {}.
   */
  model: M;
  params: P;
}

export interface EventContext extends Context {
  event: Event;
}

export interface UnpackContext {
  /** Absolute path of the folder that the endpoint serves. It exists. */
  directory: string;
  /**
   * Writes a file below the folder and creates missing folders. Throws ModelError when the path leads out of the
   * folder.
   */
  write(path: string, contents: string | Uint8Array): Promise<void>;
}

export interface ValidateContext {
  api: Client;
  log: Logger;
  /** The definition that `define` prints when there is no `validate`. */
  definition: PluginProvider;
}

export interface RouteRequest extends Context {
  method: string;
  /** The path after `/plugin-apis/PLUGIN`, with its leading slash. */
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
  /** How many actions were refused with 503 since the plugin started, because too many were running. */
  refusedActions: number;
}

export interface RouteAnswer {
  /** HTTP status. Default 200. */
  status?: number;
  headers?: Record<string, string>;
  /** Bytes and strings are sent as they are, anything else as JSON. */
  body?: unknown;
}

/** The params of an action: required ones are always there, optional ones when they are set or have a default. */
export type ActionParams<P, R extends keyof P, O extends keyof P> = Readonly<
  Required<Pick<P, R>> & Pick<P, Exclude<O, R>>
>;

/** One action on one kind of object. `N` are the params that it names. Made with `action`. */
export interface ActionDeclaration<P, S = NoObjects, N extends keyof P = keyof P> {
  /** The prefix of the objects, `machines` for example, or `system`. */
  readonly model: ModelName<S>;
  readonly requiredParams: readonly (N & string)[];
  readonly optionalParams: readonly (N & string)[];
  readonly uncheckedParams: readonly (N & string)[];
  readonly run: (context: ActionContext<never, never>) => unknown;
}

/** What `action` makes an action of. */
export interface ActionParts<P, S, M extends ModelName<S>, R extends keyof P, O extends keyof P> {
  model: M;
  requiredParams?: readonly R[];
  optionalParams?: readonly O[];
  /** Params that `run` checks itself, because it can explain a wrong value better than a schema can. */
  uncheckedParams?: readonly (R | O)[];
  run: (context: ActionContext<ActionParams<P, R, O>, ModelOf<S, M>>) => unknown;
}

/**
 * Makes an action for `definePlugin`. `run` gets the object, typed by `model`, and only the params named here, typed by
 * `Params` and checked against their schemas. Its return value is sent as JSON; a ModelError that it throws is sent to
 * the caller unchanged.
 */
export function action<
  P = Record<string, unknown>,
  R extends keyof P = never,
  O extends keyof P = never,
  S = NoObjects,
  M extends ModelName<S> = ModelName<S>,
>(parts: ActionParts<P, S, M, R, O>): ActionDeclaration<P, S, NoInfer<R | O>> {
  const { model, requiredParams = [], optionalParams = [], uncheckedParams = [], run } = parts;
  const declaration = { model, requiredParams, optionalParams, uncheckedParams, run };
  return declaration as unknown as ActionDeclaration<P, S, R | O>;
}

/** `action`, bound to the params and object types of one provider. */
export type ActionMaker<P, S> = <
  R extends keyof P = never,
  O extends keyof P = never,
  M extends ModelName<S> = ModelName<S>,
>(
  parts: ActionParts<P, S, M, R, O>,
) => ActionDeclaration<P, S, NoInfer<R | O>>;

/** Actions by command. For a command that several kinds of objects have: an array with one entry for each. */
export type Actions<P, S = NoObjects> = Readonly<
  Record<string, ActionDeclaration<P, S> | readonly ActionDeclaration<P, S>[]>
>;

/** How the plugin gets events: selectors on the event stream, or `hasPublish` (deprecated by endpoints), never both. */
export type EventSource<P> =
  | {
      /**
       * Selectors `TYPE.ACTION.KEY`, with `*` for any, filtered at the endpoint; or a function that derives them from
       * the plugin's params, called after each `config`.
       */
      events: readonly string[] | ((params: Readonly<P>) => readonly string[] | Promise<readonly string[]>);
      hasPublish?: never;
      onEvent: (context: EventContext) => unknown;
      /**
       * Called when events may have been missed: after each `config` when the selectors are registered, after a lost
       * event stream is back, and after events were dropped because `onEvent` was too slow. Compare the objects with
       * what you know then. It has the time limit of one event, and events go on meanwhile.
       */
      catchUp?: (context: Context) => unknown;
    }
  | { events?: never; hasPublish: true; onEvent: (context: EventContext) => unknown; catchUp?: never }
  | { events?: never; hasPublish?: never; onEvent?: never; catchUp?: never };

/**
 * A provider: what `define` prints and what runs, in one value. `P` are its params, inferred from `content` or given as
 * `definePlugin<Params>`; `S` are its `storeObjects`; `R` its `requiredParams`, inferred where `P` is not given.
 */
export type PluginDeclaration<
  P,
  S extends StoreObjects = NoObjects,
  R extends keyof P & string = never,
> = EventSource<NoInfer<PluginParams<P, R>>> & {
  /** The provider's name: lower-case letters, digits, `-` and `_`. */
  name: string;
  /** One line for `--help`. */
  summary: string;
  /** The content pack as YAML. */
  content?: PackText<P>;
  documentation?: string;
  meta?: Readonly<Record<string, string>>;
  /** The endpoint creates a plugin of the provider's name by itself. */
  autoStart?: boolean;
  /** Params that the plugin object must have; the endpoint does not start it without them. */
  requiredParams?: readonly (R | (keyof NoInfer<P> & string))[];
  optionalParams?: readonly (keyof NoInfer<P> & string)[];
  storeObjects?: S;
  /** A function gets an `action` that is typed by the plugin's params and object types. */
  actions?:
    | Actions<NoInfer<P>, NoInfer<S>>
    | ((tools: { action: ActionMaker<P, S> }) => Actions<NoInfer<P>, NoInfer<S>>);
  /**
   * Called for each config that the endpoint sends, the first after it has started the plugin. When it throws, the
   * plugin stops; with code 403 the provider is removed.
   */
  config?: (context: ConfigContext<PluginParams<P, R>>) => unknown;
  /** Called when the plugin stops, after running actions were aborted. */
  stop?: (context: Context) => unknown;
  /** Writes files that the endpoint serves. */
  unpack?: (context: UnpackContext) => unknown;
  /** Inspects the endpoint and returns the definition to use there. */
  validate?: (context: ValidateContext) => PluginProvider | Promise<PluginProvider>;
  /** Answers requests to `/plugin-apis/PLUGIN/*`, which the endpoint forwards. */
  routes?: (request: RouteRequest) => RouteAnswer | Promise<RouteAnswer>;
  /**
   * Also makes the executable a container plugin of 0-core. The module's default export is what `commands` of lib/core0
   * returns. It is loaded when 0-core starts the executable as `NAME COMMAND JSON`; the provider's own commands take
   * precedence.
   */
  core0?: () => Promise<{ readonly default: { run(): void } }>;
  /**
   * Also makes the executable a Docker plugin. The module's default export is what `dockerPlugin` of lib/docker
   * returns. It is loaded by `NAME docker SOCKET`, which serves the drivers until SIGTERM.
   */
  docker?: () => Promise<{ readonly default: { run(place: { socket: string }): Promise<void> } }>;
};
