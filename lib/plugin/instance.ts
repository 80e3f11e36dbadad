import { Client, keyField } from '../api/index.ts';
import { type Action, type Event, isObject, ModelError, type RawModel } from '../models/index.ts';
import { keepRunning, type Work } from './background.ts';
import { kindOf } from './body.ts';
import type { ActionContext, Context, RouteAnswer, RouteRequest } from './declaration.ts';
import type { DefinedAction, Plugin } from './define.ts';
import type { EndpointSocket } from './endpoint-socket.ts';
import { EventFeed } from './event-feed.ts';
import { failureText } from './failure-text.ts';
import type { Logger } from './logger.ts';
import { ParamRules } from './param-rules.ts';
import { openSealed, type ParamOwner, readSealed } from './sealed-params.ts';

/** How long running handlers may take to end after their signal is aborted. */
const STOP_LIMIT_MS = 5_000;
/** How many actions may run or wait at once. Each keeps its machine in memory, 10 to 100 kB. */
export const MOST_ACTIONS = 2_000;

/** A handler at work, and a way to answer its request when it does not end. */
interface Running {
  readonly answer: Promise<unknown>;
  readonly abandon: (reason: ModelError) => void;
}

/** A config that was received and is not finished. */
interface Config {
  /** Aborted when a newer config arrives. */
  readonly newer: AbortController;
  readonly ended: PromiseWithResolvers<void>;
}

/** The background work of the last successful config. */
interface Background {
  readonly ending: AbortController;
  readonly running: Promise<void>[];
}

/** A configured plugin: carries out the endpoint's requests after they are decoded. */
export class PluginInstance {
  readonly #plugin: Plugin;
  readonly #endpoint: EndpointSocket;
  readonly #api = Client.fromEnvironment();
  readonly #stopping = new AbortController();
  readonly #running = new Set<Running>();
  #refused = 0;
  readonly #feed: EventFeed;
  readonly #actions: ReadonlyMap<string, readonly DefinedAction[]>;
  #name: string;
  #rules: Promise<ParamRules> | undefined;
  #stopped: Promise<void> | undefined;
  #lastConfig: Config | undefined;
  #background: Background = { ending: new AbortController(), running: [] };

  constructor(plugin: Plugin, endpoint: EndpointSocket, log: Logger) {
    this.#plugin = plugin;
    this.#endpoint = endpoint;
    this.#name = plugin.definition.Name;
    this.#actions = Map.groupBy(plugin.actions, ({ command }) => command);
    this.#feed = new EventFeed(this.#api, log, {
      event: (event, signal) => this.publish(event, log.fork().noRepublish(), signal),
      missed: (signal) => this.#catchUp(log.fork().noRepublish(), signal),
    });
  }

  /** Whether `POST /publish` is served: only for a provider that declares `hasPublish`. */
  get takesEvents(): boolean {
    return this.#plugin.definition.HasPublish;
  }

  /**
   * Applies a config. The newest config counts: the signal of an earlier one that is still running is aborted, and the
   * new one begins when that has ended, or after 5 s. Throws ModelError 409 when a newer config arrived before this one
   * was finished.
   */
  async configure(sent: Record<string, unknown>, log: Logger): Promise<void> {
    const before = this.#lastConfig;
    const config: Config = { newer: new AbortController(), ended: Promise.withResolvers<void>() };
    this.#lastConfig = config;
    try {
      before?.newer.abort(this.#error(409, 'Superseded by a newer config'));
      if (before !== undefined) await withinLimit(before.ended.promise);
      config.newer.signal.throwIfAborted();
      await this.#configure(sent, log, config.newer.signal);
      config.newer.signal.throwIfAborted();
    } finally {
      config.ended.resolve();
      // The signal is not aborted: work that the handler started lives as long as the plugin.
      if (this.#lastConfig === config) this.#lastConfig = undefined;
    }
  }

  async #configure(sent: Record<string, unknown>, log: Logger, newer: AbortSignal): Promise<void> {
    const { Name, ...stored } = sent;
    if (Name !== undefined && Name !== null && typeof Name !== 'string') {
      throw this.#error(400, `Name: expected a string, found ${kindOf(Name)}`);
    }
    if (Name) this.#name = Name;
    // Names only: a value may be a secret.
    log.info(`Configuring plugin ${this.#name}`, { params: Object.keys(stored) });
    const rules = await this.#paramRules();
    const own = await openSealed(stored, {
      owner: this.#owner,
      isOpen: (name) => rules.isOpen(name),
      read: (name) =>
        this.#api.params('plugins', this.#name).get(name, { decode: true, signal: this.#stopping.signal }),
    });
    rules.check(own);
    const { config, events, requiredParams = [], optionalParams = [] } = this.#plugin.declaration;
    const params: Record<string, unknown> = { ...own };
    for (const name of [...requiredParams, ...optionalParams]) {
      const given = Object.hasOwn(own, name) ? own[name] : undefined;
      const value = given ?? rules.fallback(name);
      if (value !== undefined) params[name] = value;
    }
    newer.throwIfAborted();
    const context = this.#context(log);
    const signal = AbortSignal.any([context.signal, newer]);
    const works: Work[] = [];
    let start = (work: Work): void => void works.push(work);
    const background = (work: Work) => start(work);
    await this.#run(async () => config?.({ ...context, signal, params, background }));
    newer.throwIfAborted();
    // The earlier background work is only replaced after the new config has succeeded.
    start = await this.#replaceBackground(log);
    for (const work of works) start(work);
    if (events !== undefined)
      await this.#follow(typeof events === 'function' ? await events(params) : events);
  }

  /** Ends the background work, and returns the function that starts its successor. */
  async #replaceBackground(log: Logger): Promise<(work: Work) => void> {
    const before = this.#background;
    const next: Background = { ending: new AbortController(), running: [] };
    this.#background = next;
    before.ending.abort();
    await withinLimit(Promise.all(before.running));
    const signal = AbortSignal.any([this.#stopping.signal, next.ending.signal]);
    return (work) => void next.running.push(keepRunning(work, signal, log));
  }

  /**
   * Registers these selectors. A refusal by the endpoint becomes a 500, as in the Go reference plugin: a 403 would
   * remove the provider.
   */
  async #follow(selectors: readonly string[]): Promise<void> {
    // `follow` would open a closed feed again.
    this.#stopping.signal.throwIfAborted();
    try {
      await this.#feed.follow(selectors);
    } catch (error) {
      this.#stopping.signal.throwIfAborted();
      if (!(error instanceof ModelError) || error.code !== 403) throw error;
      throw this.#error(500, ['The endpoint refuses its event stream', ...error.messages]);
    }
  }

  /** Whether one more action may run now. Counts refusals. */
  hasRoom(): boolean {
    if (this.#running.size < MOST_ACTIONS) return true;
    this.#refused += 1;
    return false;
  }

  async act(action: Action, log: Logger): Promise<unknown> {
    const defined = this.#find(action);
    const params = await this.#actionParams(action, defined);
    const context: ActionContext<Record<string, unknown>> = {
      ...this.#context(log),
      plugin: action.Plugin || this.#name,
      command: action.Command,
      prefix: defined.model,
      model: this.#modelOf(action, defined),
      params,
    };
    const result = await this.#run(async () => defined.run(context as ActionContext<never, never>));
    return result ?? null;
  }

  /** Passes an event to the plugin. `limit` is aborted when the sender no longer waits. */
  async publish(event: Event, log: Logger, limit?: AbortSignal): Promise<void> {
    const context = this.#context(log);
    const signal = limit === undefined ? context.signal : AbortSignal.any([context.signal, limit]);
    await this.#run(async () => this.#plugin.declaration.onEvent?.({ ...context, signal, event }));
  }

  async #catchUp(log: Logger, limit: AbortSignal): Promise<void> {
    const { catchUp } = this.#plugin.declaration;
    if (catchUp === undefined) return;
    const context = this.#context(log);
    const signal = AbortSignal.any([context.signal, limit]);
    await this.#run(async () => catchUp({ ...context, signal }));
  }

  /** Answers a request to `/plugin-apis/PLUGIN/*`. Returns undefined when the plugin has no routes. */
  async route(
    request: Pick<RouteRequest, 'method' | 'path' | 'query' | 'headers' | 'body'>,
    log: Logger,
  ): Promise<RouteAnswer | undefined> {
    const { routes } = this.#plugin.declaration;
    if (routes === undefined) return undefined;
    return this.#run(async () =>
      routes({ ...this.#context(log), ...request, refusedActions: this.#refused }),
    );
  }

  /**
   * Ends the event stream, aborts the running handlers, waits up to 5 s for them, then calls the plugin's own `stop`.
   */
  stop(log: Logger): Promise<void> {
    this.#stopped ??= this.#stop(log);
    return this.#stopped;
  }

  async #stop(log: Logger): Promise<void> {
    this.#stopping.abort(this.#error(503, `Plugin ${this.#name} is stopping`));
    this.#feed.close();
    const answers = [...this.#running].map(({ answer }) => answer);
    await withinLimit(Promise.allSettled([...answers, ...this.#background.running]));
    if (this.#running.size > 0)
      log.warn(`${this.#running.size} handlers were still running when the plugin stopped`);
    // Their requests get an answer instead of a closed connection.
    for (const { abandon } of this.#running)
      abandon(this.#error(503, `Plugin ${this.#name} stopped before this was done`));
    const { stop } = this.#plugin.declaration;
    if (stop !== undefined) {
      try {
        await withinLimit(
          Promise.resolve(stop({ ...this.#context(log), signal: AbortSignal.timeout(STOP_LIMIT_MS) })),
        );
      } catch (error) {
        log.error(`stop failed: ${failureText(error)}`);
      }
    }
    log.info(`Plugin ${this.#name} stopped`);
  }

  async #run<T>(handler: () => Promise<T>): Promise<T> {
    this.#stopping.signal.throwIfAborted();
    const { promise: answer, resolve, reject: abandon } = Promise.withResolvers<T>();
    const running = { answer, abandon };
    this.#running.add(running);
    handler().then(resolve, abandon);
    try {
      return await answer;
    } finally {
      this.#running.delete(running);
    }
  }

  #context(log: Logger): Context {
    const plugin = this.#name;
    const endpoint = this.#endpoint;
    return {
      plugin,
      log,
      api: this.#api,
      signal: this.#stopping.signal,
      publish: (event) => endpoint.publish(event),
      objects: (prefix) => endpoint.objects(prefix),
      leaving: (reason) => endpoint.leaving(plugin, reason),
    };
  }

  /**
   * The params of an action: the values that were sent, unsealed, or else their defaults. Throws ModelError 400, 500.
   */
  async #actionParams(action: Action, defined: DefinedAction): Promise<Record<string, unknown>> {
    const rules = await this.#paramRules();
    const params: Record<string, unknown> = {};
    for (const name of [...defined.requiredParams, ...defined.optionalParams]) {
      const sent = Object.hasOwn(action.Params, name) ? action.Params[name] : undefined;
      const value = sent ?? rules.fallback(name);
      if (value !== undefined) params[name] = value;
    }
    const missing = defined.requiredParams.filter((name) => !Object.hasOwn(params, name));
    if (missing.length > 0) {
      const messages = missing.map((name) => `Params.${name}: required by ${action.Command}, but missing`);
      throw this.#error(400, messages);
    }
    const object = ownerOf(action, defined);
    const opened = await openSealed(params, {
      owner: object ?? this.#owner,
      isOpen: (name) => rules.isOpen(name),
      read: (name, sealed) => {
        const owners = object === undefined ? [this.#owner] : [object, this.#owner];
        return readSealed(this.#api, owners, name, sealed, this.#stopping.signal);
      },
    });
    rules.check(opened, defined.uncheckedParams);
    return opened;
  }

  /** The plugin object. */
  get #owner(): ParamOwner {
    return { prefix: 'plugins', key: this.#name };
  }

  #paramRules(): Promise<ParamRules> {
    this.#rules ??= ParamRules.of(this.#plugin.definition.Content);
    return this.#rules;
  }

  /** The action with this name for this kind of object. A call without a kind gets the only action of that name. */
  #find(action: Action): DefinedAction {
    const candidates = this.#actions.get(action.Command) ?? [];
    const found = candidates.find(({ model }) => model === action.CommandSet);
    if (found !== undefined) return found;
    if (action.CommandSet === '' && candidates.length === 1 && candidates[0] !== undefined)
      return candidates[0];
    const on = candidates.length > 0 && action.CommandSet !== '' ? ` on ${action.CommandSet}` : '';
    throw this.#error(404, `Unknown command: ${action.Command}${on}`);
  }

  #modelOf(action: Action, defined: DefinedAction): RawModel {
    const { Model } = action;
    if (typeof Model === 'object' && Model !== null && !Array.isArray(Model)) return Model as RawModel;
    if (defined.model === 'system' && Model === null) return {};
    throw this.#error(
      409,
      `Model: expected one of ${defined.model} for ${defined.command}, found ${kindOf(Model)}`,
    );
  }

  #error(code: number, messages: string | readonly string[]): ModelError {
    return new ModelError(code, messages, {
      model: 'plugin',
      key: this.#plugin.definition.Name,
      type: 'plugin',
    });
  }
}

/** The object that an action is called on. For the system: the global profile. */
function ownerOf({ Model }: Action, { model }: DefinedAction): ParamOwner | undefined {
  const prefix = model === 'system' ? 'profiles' : model;
  const key = isObject(Model) ? Model[keyField(prefix)] : undefined;
  return typeof key === 'string' && key !== '' ? { prefix, key } : undefined;
}

async function withinLimit(work: Promise<unknown>): Promise<void> {
  const { promise: expired, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, STOP_LIMIT_MS);
  try {
    await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
