import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Action, type Event, type LogLevel, ModelError } from '../../models/index.ts';
import { Semaphore } from '../../process/index.ts';
import { Backoff } from './backoff.ts';
import type { HostLimits, PluginObject } from './options.ts';
import type { PluginRun } from './plugin-run.ts';
import { PublishQueue } from './publish-queue.ts';
import { Traffic } from './traffic.ts';

/**
 * The states of a plugin:
 *
 * - `stopped`: no process, and none wanted. The first and the last state.
 * - `starting`: `listen` was called; waits for READY!. On Failed, an exit or the time limit: `failed`.
 * - `configuring`: `POST /config` is in progress. On an error the process is stopped, then `failed`; on code 403 the
 *   provider is removed.
 * - `running`: takes actions, events and requests. When it dies: `waiting`. When it leaves or is stopped: `stopping`.
 * - `busy`: runs, but does not answer pings. When it answers: `running`. After the time limit it is killed.
 * - `stopping`: `POST /stop`, then SIGKILL. Then `stopped`.
 * - `waiting`: it died and is restarted after a pause, from `starting`. When that fails: `waiting` again.
 * - `failed`: it did not start; PluginErrors tell why. Left only by a new start.
 */
export type PluginState =
  | 'stopped'
  | 'starting'
  | 'configuring'
  | 'running'
  | 'busy'
  | 'stopping'
  | 'waiting'
  | 'failed';

/** The process of a plugin. */
export interface ProcessStatus {
  state: PluginState;
  /** Process id of the last start, while the process exists and is ready. */
  pid: number | undefined;
  startedAt: Date | undefined;
  /** How often it was restarted after it had died. */
  restarts: number;
  /** The last error since it was started by a user or a change. */
  lastError: ModelError | undefined;
}

/** What a supervised plugin needs from the host. */
export interface SupervisionContext {
  limits: HostLimits;
  /** Whether the values of a param are secret. */
  isSecret(param: string): boolean;
  /** Starts a process for the plugin object. Throws ModelError, also when the object does not allow a start. */
  start(plugin: PluginObject, signal: AbortSignal): Promise<PluginRun>;
  hasPublish(provider: string): boolean;
  log(level: LogLevel, message: string, plugin: PluginObject): void;
  onErrors(errors: string[]): void;
  onRunning(): void;
  /** Called when the plugin answers with code 403. */
  onRefused(provider: string): void;
}

/** A plugin: its object, its state and its process, if any. Starts and stops run one at a time. */
export class SupervisedPlugin {
  readonly #name: string;
  readonly #context: SupervisionContext;
  #state: PluginState = 'stopped';
  #plugin: PluginObject | undefined;
  #run: PluginRun | undefined;
  #queue: PublishQueue | undefined;
  /** Aborted when the current start or pause is no longer wanted. */
  #wanted = new AbortController();
  readonly #oneByOne = new Semaphore(1);
  readonly #backoff: Backoff;
  /** The last run, even when it has ended. */
  #latest: PluginRun | undefined;
  #restarts = 0;
  #lastError: ModelError | undefined;
  readonly traffic: Traffic;

  constructor(name: string, context: SupervisionContext) {
    this.#name = name;
    this.#context = context;
    this.#backoff = new Backoff(context.limits);
    this.traffic = new Traffic((param) => context.isSecret(param));
  }

  get state(): PluginState {
    // The process may be gone while the rest of its output is being read.
    return this.#takes && this.#run?.alive === false ? 'waiting' : this.#state;
  }

  /** Whether requests are sent to it. */
  get #takes(): boolean {
    return this.#state === 'running' || this.#state === 'busy';
  }

  get process(): ProcessStatus {
    const pid = this.#latest?.pid;
    return {
      state: this.state,
      pid,
      startedAt: pid === undefined ? undefined : this.#latest?.startedAt,
      restarts: this.#restarts,
      lastError: this.#lastError,
    };
  }

  get provider(): string | undefined {
    return this.#plugin?.Provider;
  }

  /** Starts or restarts the plugin. Resolves when it is configured; throws ModelError when that fails. */
  start(plugin: PluginObject): Promise<void> {
    const signal = this.#renew(new ModelError(409, 'the plugin was changed while it started', this.#about()));
    this.#plugin = plugin;
    this.#lastError = undefined;
    return this.#oneByOne.run(async () => {
      await this.#halt();
      await this.#begin(plugin, signal);
    });
  }

  /** Stops the plugin. A start in progress fails with `reason`. Resolves when its processes are gone; never rejects. */
  stop(
    reason = new ModelError(409, 'the plugin was stopped while it started', this.#about()),
  ): Promise<void> {
    this.#renew(reason);
    return this.#oneByOne.run(() => this.#halt());
  }

  /** Handles a plugin that leaves by itself: it is stopped, with `reason` as its error. */
  leave(reason: ModelError): void {
    const plugin = this.#plugin;
    // It is being stopped already.
    if (this.#run === undefined || plugin === undefined) return;
    const messages = [`the plugin left with code ${reason.code}`, ...reason.messages];
    this.#context.onErrors(messages);
    this.#lastError = new ModelError(reason.code >= 400 ? reason.code : 503, messages, this.#about());
    const stopped = this.stop(this.#lastError);
    this.#context.log('info', `Plugin ${this.#name}: ${messages.join(': ')}`, plugin);
    if (reason.code === 403) void stopped.then(() => this.#context.onRefused(plugin.Provider));
  }

  action(
    action: Action,
    options: { signal?: AbortSignal; headers?: Record<string, string> },
  ): Promise<unknown> {
    return this.#running().action(action, options);
  }

  forward(incoming: IncomingMessage, outgoing: ServerResponse, path: string): Promise<void> {
    return this.#running().forward(incoming, outgoing, path);
  }

  /** Queues the event when the plugin runs and takes events. */
  publish(event: Event): void {
    if (this.#takes && this.#run?.alive === true) this.#queue?.push(event);
  }

  /** Sends one event even to plugins without HasPublish, and waits for the answer. Throws the plugin's ModelError. */
  async replay(event: Event, signal: AbortSignal): Promise<void> {
    await this.#running().publish(event, signal);
  }

  #running(): PluginRun {
    if (this.#takes && this.#run?.alive === true) return this.#run;
    const { state } = this;
    throw new ModelError(503, `the plugin is not running (${state})`, {
      model: 'plugins',
      key: this.#name,
      type: 'plugin',
    });
  }

  #renew(reason: ModelError): AbortSignal {
    this.#wanted.abort(reason);
    this.#wanted = new AbortController();
    return this.#wanted.signal;
  }

  async #begin(plugin: PluginObject, signal: AbortSignal): Promise<void> {
    let run: PluginRun | undefined;
    try {
      signal.throwIfAborted();
      this.#state = 'starting';
      run = await this.#context.start(plugin, signal);
      this.#latest = run;
      this.#state = 'configuring';
      this.#run = run;
      await run.config(plugin.Params ?? {}, signal);
      signal.throwIfAborted();
    } catch (error) {
      this.#run = undefined;
      await run?.stop();
      this.#state = signal.aborted ? 'stopped' : 'failed';
      signal.throwIfAborted();
      throw this.#failed(plugin, error);
    }
    this.#serve(plugin, run);
  }

  /** Reports the error of a start to the observer and the log, and returns it. */
  #failed(plugin: PluginObject, thrown: unknown): ModelError {
    const error =
      ModelError.from(thrown) ??
      new ModelError(500, thrown instanceof Error ? thrown.message : String(thrown), {
        ...this.#about(),
        cause: thrown,
      });
    this.#lastError = error;
    this.#context.log('error', `Plugin ${this.#name} did not start: ${error.message}`, plugin);
    this.#context.onErrors(error.messages.length > 0 ? [...error.messages] : [error.message]);
    if (error.code === 403) this.#context.onRefused(plugin.Provider);
    return error;
  }

  #serve(plugin: PluginObject, run: PluginRun): void {
    this.#state = 'running';
    const began = performance.now();
    const { log } = this.#context;
    this.#queue = this.#context.hasPublish(plugin.Provider)
      ? new PublishQueue(
          async (event) => {
            try {
              await run.publish(event);
            } catch (error) {
              const why = error instanceof Error ? error.message : String(error);
              log(
                'error',
                `Plugin ${this.#name}: ${event.Type}.${event.Action}.${event.Key}: ${why}`,
                plugin,
              );
            }
          },
          (count) =>
            log('warn', `Plugin ${this.#name} is too slow: ${count} events were not sent to it`, plugin),
        )
      : undefined;
    void run.ended.then((how) => {
      if (this.#run === run) this.#died(plugin, run, how, performance.now() - began);
    });
    void this.#watch(plugin, run);
    this.#context.onErrors([]);
    this.#context.onRunning();
  }

  /** Pings the plugin and logs when it stops and resumes answering. Kills it when it is busy for too long. */
  async #watch(plugin: PluginObject, run: PluginRun): Promise<void> {
    const { limits, log, onErrors } = this.#context;
    let answered = performance.now();
    for (;;) {
      await delay(limits.ping, undefined, { ref: false });
      if (this.#run !== run) return;
      const answers = await run.ping();
      if (this.#run !== run || !run.alive) return;
      if (answers) {
        answered = performance.now();
        if (this.#state !== 'busy') continue;
        this.#state = 'running';
        log('info', `Plugin ${this.#name} answers again`, plugin);
        onErrors([]);
      } else if (this.#state === 'running') {
        this.#state = 'busy';
        const message = 'busy: it does not answer any more; an endless loop, or work without a pause';
        log('error', `Plugin ${this.#name} is ${message}`, plugin);
        onErrors([message]);
      } else if (performance.now() - answered > limits.busy) {
        log('error', `Plugin ${this.#name} has been busy for ${limits.busy / 1000} s, and is killed`, plugin);
        run.kill();
        return;
      }
    }
  }

  #died(plugin: PluginObject, run: PluginRun, how: string, ran: number): void {
    this.#run = undefined;
    this.#queue?.clear();
    this.#queue = undefined;
    this.#context.log('error', `Plugin ${this.#name} died: it ${how}`, plugin);
    const messages = run.deathMessages(how);
    this.#lastError = new ModelError(502, messages, this.#about());
    this.#context.onErrors(messages);
    this.#restart(plugin, ran);
  }

  #restart(plugin: PluginObject, ran: number): void {
    this.#state = 'waiting';
    const { signal } = this.#wanted;
    const wait = this.#backoff.after(ran);
    this.#context.log('info', `Plugin ${this.#name} is started again in ${wait / 1000} s`, plugin);
    delay(wait, undefined, { signal })
      .then(() =>
        this.#oneByOne.run(() => {
          if (!signal.aborted) this.#restarts += 1;
          return this.#begin(plugin, signal);
        }),
      )
      .catch(() => {
        if (!signal.aborted) this.#restart(plugin, 0);
      });
  }

  async #halt(): Promise<void> {
    const run = this.#run;
    const plugin = this.#plugin;
    if (run !== undefined) {
      this.#state = 'stopping';
      this.#run = undefined;
      this.#queue?.clear();
      this.#queue = undefined;
      const how = await run.stop();
      if (how === 'killed' && plugin !== undefined)
        this.#context.log('warn', `Plugin ${this.#name} did not stop in time and was killed`, plugin);
    }
    this.#state = 'stopped';
  }

  #about(): { model: string; key: string; type: string } {
    return { model: 'plugins', key: this.#name, type: 'plugin' };
  }
}
