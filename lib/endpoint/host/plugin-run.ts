import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Action, type Event, ModelError } from '../../models/index.ts';
import { ending, endOutput, launch, signalGroup } from './launch.ts';
import { readLines } from './lines.ts';
import type { HostLimits, LogSource } from './options.ts';
import { PluginClient, PluginUnreachable, type PostOptions } from './plugin-client.ts';
import { type PluginRequests, PluginServer } from './plugin-server.ts';
import { Tail } from './tail.ts';

/** A socket's path may have 107 bytes on Linux, 103 on macOS. */
const LONGEST_SOCKET_PATH = process.platform === 'linux' ? 107 : 103;
/** How long a broken connection may be ahead of the news that the process has ended. */
const NEWS_MS = 500;

export interface RunSpecification {
  plugin: string;
  executable: string;
  toSocket: string;
  fromSocket: string;
  cwd: string;
  env: NodeJS.ProcessEnv;
  limits: HostLimits;
  /** What the plugin may ask for. */
  requests: Omit<PluginRequests, 'leaving'>;
  /** The plugin, which has been ready, gives up. */
  onLeaving(reason: ModelError): void;
  /** A line that the process printed, from its first to its last. */
  onOutput(line: string, stream: Extract<LogSource['stream'], 'stdout' | 'stderr'>): void;
}

/**
 * One process of a plugin and its two sockets, from `PROVIDER listen` to the end:
 *
 *     start -> READY! -> config -> action, publish, forward -> stop -> ended
 *
 * Whatever happens in between, `ended` settles once and nothing of it is left: no process of its group, no socket.
 */
export class PluginRun {
  /** Settles when the process has ended, with how: `exited with code 1`. */
  readonly ended: Promise<string>;
  readonly #specification: RunSpecification;
  readonly #child: ChildProcess;
  readonly #server: PluginServer;
  readonly #client: PluginClient;
  readonly #stderr = new Tail();
  /** What is under way at the plugin, awaited before it is stopped. */
  readonly #calls = new Set<Promise<unknown>>();
  /** Settles when the process has ended and all that it printed is read. */
  readonly #closed: Promise<void>;
  #ending: string | undefined;
  #stop: Promise<void> | undefined;
  #killed = false;
  #onLeaving: (reason: ModelError) => void = () => {};

  /**
   * Starts the plugin and waits until it has said READY!. Throws ModelError with what was seen on stderr: 500 when
   * it said Failed, ended or closed its stdout before, 504 when it took too long.
   */
  static async start(specification: RunSpecification, signal: AbortSignal): Promise<PluginRun> {
    const { toSocket, fromSocket, executable, env, cwd, requests } = specification;
    for (const path of [toSocket, fromSocket]) {
      if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH)
        throw new ModelError(
          400,
          `communicationDirectory: ${path} is longer than the ${LONGEST_SOCKET_PATH} bytes of a socket's path`,
        );
    }
    let run: PluginRun | undefined;
    const server = new PluginServer(fromSocket, { ...requests, leaving: (reason) => run?.leaving(reason) });
    await server.listen();
    let child: ChildProcess;
    try {
      child = await launch(executable, ['listen', toSocket, fromSocket], {
        cwd,
        env,
        stdin: 'closed',
        signal,
      });
    } catch (error) {
      await server.close();
      throw error;
    }
    run = new PluginRun(specification, child, server);
    await run.#ready(signal);
    return run;
  }

  private constructor(specification: RunSpecification, child: ChildProcess, server: PluginServer) {
    this.#specification = specification;
    this.#child = child;
    this.#server = server;
    this.#client = new PluginClient(specification.toSocket);
    const { promise, resolve } = Promise.withResolvers<void>();
    child.once('exit', (code, exitSignal) => {
      this.#ending = ending(code, exitSignal);
      endOutput(child);
    });
    child.once('close', () => resolve());
    this.#closed = promise;
    this.ended = promise.then(() => this.#cleanUp()).then(() => this.#ending ?? 'ended');
    if (child.stderr !== null) {
      readLines(child.stderr, (line) => {
        this.#stderr.add(line);
        specification.onOutput(line, 'stderr');
      });
    }
  }

  /** Whether the process is there. */
  get alive(): boolean {
    return this.#ending === undefined;
  }

  private leaving(reason: ModelError): void {
    this.#onLeaving(reason);
  }

  async #ready(signal: AbortSignal): Promise<void> {
    const { limits, onOutput } = this.#specification;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let waiting = true;
    this.#onLeaving = ({ code, messages }) =>
      reject(this.#failure(code >= 400 ? code : 500, ['left before READY!', ...messages].join(': ')));
    if (this.#child.stdout !== null) {
      const onLine = (line: string) => {
        if (!waiting || (line !== 'READY!' && line !== 'Failed')) {
          onOutput(line, 'stdout');
          return;
        }
        waiting = false;
        if (line === 'READY!') resolve();
        else reject(this.#failure(500, 'said Failed'));
      };
      readLines(this.#child.stdout, onLine, () => {
        if (!waiting) return;
        // Its exit says more, when that is what closed it.
        this.#within(NEWS_MS, this.#closed).then(() =>
          reject(this.#failure(500, `${this.#ending ?? 'closed its stdout'} before READY!`)),
        );
      });
    }
    const timer = setTimeout(
      () => reject(this.#failure(504, `did not say READY! within ${limits.start / 1000} s`)),
      limits.start,
    );
    const onAbort = () => reject(this.#failure(503, 'was stopped before READY!'));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      await promise;
      this.#onLeaving = this.#specification.onLeaving;
    } catch (error) {
      await this.#terminate();
      throw error;
    } finally {
      waiting = false;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** `POST /config` with the params and the plugin's name. Throws the plugin's ModelError. */
  async config(params: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void> {
    const { plugin, limits } = this.#specification;
    await this.#post('config', { ...params, Name: plugin }, { limit: limits.config, signal });
  }

  /** `POST /action`. Returns the result; throws the plugin's ModelError, or 502 as soon as the plugin has died. */
  action(
    action: Action,
    options: { signal?: AbortSignal; headers?: Record<string, string> },
  ): Promise<unknown> {
    return this.#post('action', action, { limit: this.#specification.limits.action, ...options });
  }

  /** `POST /publish`. Throws ModelError. */
  async publish(event: Event): Promise<void> {
    await this.#post('publish', event, { limit: this.#specification.limits.publish });
  }

  /** A request to `/plugin-apis/PLUGIN/*`. Throws ModelError while nothing has been answered. */
  async forward(incoming: IncomingMessage, outgoing: ServerResponse, path: string): Promise<void> {
    const { limits } = this.#specification;
    await this.#reach(`${incoming.method} ${path}`, () =>
      this.#client.forward(incoming, outgoing, path, limits.forwardIdle),
    );
  }

  /**
   * Ends the plugin: what runs at it gets a moment to finish, then `POST /stop`, then SIGKILL when it is still there
   * after the limit. Settles when nothing is left of it, with whether it had to be killed. Never throws.
   */
  async stop(): Promise<'ended' | 'killed'> {
    this.#stop ??= this.#stopOnce();
    await this.#stop;
    return this.#killed ? 'killed' : 'ended';
  }

  async #stopOnce(): Promise<void> {
    const { limits } = this.#specification;
    await this.#within(limits.drain, Promise.all(this.#calls));
    if (this.alive) {
      // The Go wrapper ends before its answer is sent, so that how this went says nothing.
      const limit = limits.stop;
      void this.#client.post('stop', null, { limit }).catch(() => {});
      await this.#endWithin(limit);
    }
    await this.ended;
  }

  /** For a plugin that does not serve: SIGTERM, then SIGKILL. */
  async #terminate(): Promise<void> {
    signalGroup(this.#child, 'SIGTERM');
    await this.#endWithin(this.#specification.limits.terminate);
    await this.ended;
  }

  async #endWithin(limit: number): Promise<void> {
    await this.#within(limit, this.#closed);
    if (!this.alive) return;
    this.#killed = true;
    signalGroup(this.#child, 'SIGKILL');
  }

  async #within(limit: number, work: Promise<unknown>): Promise<void> {
    const over = new AbortController();
    const timer = delay(limit, undefined, { signal: over.signal }).catch(() => {});
    await Promise.race([work, timer]);
    over.abort();
  }

  async #post(path: string, body: unknown, options: PostOptions): Promise<unknown> {
    const call = this.#reach(path, () => this.#client.post(path, body, options));
    const settled = call.then(
      () => {},
      () => {},
    );
    this.#calls.add(settled);
    try {
      return await call;
    } finally {
      this.#calls.delete(settled);
    }
  }

  /** A broken connection is told as what it mostly is: the plugin's death. */
  async #reach<T>(what: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof PluginUnreachable)) throw error;
      await this.#within(NEWS_MS, this.#closed);
      const how = this.#ending ?? `cannot be reached (${error.message})`;
      throw this.#failure(502, `${how} before ${what} was answered`, error);
    }
  }

  #failure(code: number, how: string, cause?: unknown): ModelError {
    const { plugin } = this.#specification;
    return new ModelError(code, [`the plugin ${how}`, ...this.#stderr.messages()], {
      model: 'plugins',
      key: plugin,
      type: 'plugin',
      cause,
    });
  }

  /** The messages of a death that nobody asked for. */
  deathMessages(how: string): string[] {
    return [`the plugin ${how}`, ...this.#stderr.messages()];
  }

  async #cleanUp(): Promise<void> {
    const { toSocket } = this.#specification;
    this.#client.close();
    // A folder that was taken away meanwhile is no reason to fail: the sockets are gone then.
    await this.#server.close().catch(() => {});
    await rm(toSocket, { force: true }).catch(() => {});
  }
}
