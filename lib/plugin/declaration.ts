import type { Client } from '../api/index.ts';
import type { Event, PluginProvider, RawModel } from '../models/index.ts';
import type { Work } from './background.ts';
import type { Logger } from './logger.ts';
import type { ModelName, ModelOf, NoObjects, StoreObjects } from './object-types.ts';

/** A content pack as YAML. The generated module of a pack says in its type which params the pack has. */
export type PackText<P> = string & { readonly length: number; readonly $params?: P };

/** What every handler is given. */
export interface Context {
  /** The name of the plugin instance, once the endpoint has configured it; before that the provider's name. */
  plugin: string;
  /** The endpoint's REST API, with the session that the endpoint gave to this plugin. */
  api: Client;
  /** Writes to the endpoint's log. Never waits and never throws. */
  log: Logger;
  /** Aborted when the plugin stops. What waits should listen to it. */
  signal: AbortSignal;
  /** Makes an event at the endpoint. Throws ModelError when it is refused. */
  publish(event: Pick<Event, 'Type' | 'Action' | 'Key'> & { Object?: unknown }): Promise<void>;
  /** All objects of a prefix (newer endpoints). Throws ModelError. */
  objects(prefix: string): Promise<RawModel[]>;
  /** Tells the endpoint that this plugin gives up: it is stopped, or with code 403 the whole provider is removed. */
  leaving(reason: { code: number; messages?: readonly string[] }): Promise<void>;
}

/** The params of the plugin object: those in `R` are there, since it is not started without them. */
export type PluginParams<P, R extends keyof P> = Readonly<P & Required<Pick<P, R>>>;

export interface ConfigContext<P> extends Context {
  /** The plugin object's params. */
  params: Readonly<P>;
  /**
   * Runs `work` beside everything else, once the config is done, until another config is done or the plugin stops: the signal is
   * aborted then, and what takes its place waits for the end of it, for 5 s at most. A config that fails changes nothing. When it fails, that is logged, and it begins again after a pause of 1 s at
   * first and a minute at last. When it returns, it is done. `clock.sleep` ends with the signal, too, and a test can move the clock.
   */
  background(work: Work): void;
}

export interface ActionContext<P, M = RawModel> extends Context {
  command: string;
  /** The prefix that the action was called on: `machines`, `plugins`, ..., or `system`. */
  prefix: string;
  /**
   * The object that the action was called on, with the fields that endpoints of version 4 send: an older one leaves newer fields
   * out. For a system action, the endpoint's global profile or {}.
   */
  model: M;
  params: P;
}

export interface EventContext extends Context {
  event: Event;
}

export interface UnpackContext {
  /** The folder that the endpoint serves; it exists. */
  directory: string;
  /** Writes one file below the folder, and the folders on its way. Throws ModelError when the path leads out of it. */
  write(path: string, contents: string | Uint8Array): Promise<void>;
}

export interface ValidateContext {
  api: Client;
  log: Logger;
  /** What would be printed without validate. */
  definition: PluginProvider;
}

export interface RouteRequest extends Context {
  method: string;
  /** What follows `/plugin-apis/PLUGIN`, with its leading slash. */
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
  /** How many actions were answered with 503 since too many ran, since the plugin was started. */
  refusedActions: number;
}

export interface RouteAnswer {
  /** HTTP status; 200 unless given. */
  status?: number;
  headers?: Record<string, string>;
  /** Bytes and strings are sent as they are, anything else as JSON. */
  body?: unknown;
}

/** The params that an action asked for: the required ones are there, the others when they are set or have a default. */
export type ActionParams<P, R extends keyof P, O extends keyof P> = Readonly<
  Required<Pick<P, R>> & Pick<P, Exclude<O, R>>
>;

/** One action on one kind of object, which names the params `N`. Made with `action`. */
export interface ActionDeclaration<P, S = NoObjects, N extends keyof P = keyof P> {
  /** An object prefix, `machines` for example, or `system`. */
  readonly model: ModelName<S>;
  readonly requiredParams: readonly (N & string)[];
  readonly optionalParams: readonly (N & string)[];
  readonly uncheckedParams: readonly (N & string)[];
  readonly run: (context: ActionContext<never, never>) => unknown;
}

/** What an action is made of. */
export interface ActionParts<P, S, M extends ModelName<S>, R extends keyof P, O extends keyof P> {
  model: M;
  requiredParams?: readonly R[];
  optionalParams?: readonly O[];
  /** Those of them that `run` checks itself, to say better than a schema can what is wrong. */
  uncheckedParams?: readonly (R | O)[];
  run: (context: ActionContext<ActionParams<P, R, O>, ModelOf<S, M>>) => unknown;
}

/**
 * An action for `definePlugin`. `run` gets the object that it is called on, typed by `model`, and the params that are named here,
 * and no others, typed by `Params` and checked against their schemas. What it returns is the action's result, as JSON; a
 * ModelError that it throws is the answer.
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

/** `action` for the params and objects of one plugin. */
export type ActionMaker<P, S> = <
  R extends keyof P = never,
  O extends keyof P = never,
  M extends ModelName<S> = ModelName<S>,
>(
  parts: ActionParts<P, S, M, R, O>,
) => ActionDeclaration<P, S, NoInfer<R | O>>;

/** By command. A command that is there for several kinds of object is an array, one entry for each. */
export type Actions<P, S = NoObjects> = Readonly<
  Record<string, ActionDeclaration<P, S> | readonly ActionDeclaration<P, S>[]>
>;

/** Where events come from: selectors on the event stream, or `hasPublish` (deprecated by endpoints), never both. */
export type EventSource<P> =
  | {
      /** `TYPE.ACTION.KEY`, `*` for any, filtered at the endpoint; or a function that chooses them by the plugin's params. */
      events: readonly string[] | ((params: Readonly<P>) => readonly string[]);
      hasPublish?: never;
      onEvent: (context: EventContext) => unknown;
      /**
       * Called when events may have gone by unheard: after each `config`, once the selectors are registered, when a lost
       * event stream is back, and when events were dropped because `onEvent` was too slow. Look at the objects then. It
       * has the time of one event, and events go on meanwhile.
       */
      catchUp?: (context: Context) => unknown;
    }
  | { events?: never; hasPublish: true; onEvent: (context: EventContext) => unknown; catchUp?: never }
  | { events?: never; hasPublish?: never; onEvent?: never; catchUp?: never };

/**
 * A provider: what `define` prints and what runs, in one value. `P` are its params, which are known from `content` or said as
 * `definePlugin<Params>`; `S` are its `storeObjects`, and `R` its `requiredParams`, which are known where `P` is not said.
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
  /** The endpoint makes a plugin of this provider's name by itself. */
  autoStart?: boolean;
  /** Params of the plugin object without which it is not started. */
  requiredParams?: readonly (R | (keyof NoInfer<P> & string))[];
  optionalParams?: readonly (keyof NoInfer<P> & string)[];
  storeObjects?: S;
  /** A function gets an `action` that knows the params and the objects of the plugin. */
  actions?:
    | Actions<NoInfer<P>, NoInfer<S>>
    | ((tools: { action: ActionMaker<P, S> }) => Actions<NoInfer<P>, NoInfer<S>>);
  /** Called when the endpoint has started the plugin. Throwing stops it; with code 403 the provider is removed. */
  config?: (context: ConfigContext<PluginParams<P, R>>) => unknown;
  /** Called when the plugin stops, after running actions were aborted. */
  stop?: (context: Context) => unknown;
  /** Writes files that the endpoint serves. */
  unpack?: (context: UnpackContext) => unknown;
  /** Looks at the endpoint and returns the definition to use there. */
  validate?: (context: ValidateContext) => PluginProvider | Promise<PluginProvider>;
  /** Serves what the endpoint passes on from `/plugin-apis/PLUGIN/*`. */
  routes?: (request: RouteRequest) => RouteAnswer | Promise<RouteAnswer>;
  /**
   * Commands of a container plugin of 0-core, too: a module whose default export is what `commands` of lib/core0 returns. It
   * is loaded when the executable is started as 0-core does it, `NAME COMMAND JSON`; commands of its own go first.
   */
  core0?: () => Promise<{ readonly default: { run(): void } }>;
  /**
   * Drivers of Docker, too: a module whose default export is what `dockerPlugin` of lib/docker returns. It is loaded for
   * `NAME docker SOCKET`, which serves them until SIGTERM.
   */
  docker?: () => Promise<{ readonly default: { run(place: { socket: string }): Promise<void> } }>;
};
