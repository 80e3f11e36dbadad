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
import type { Traffic } from './traffic.ts';

/** Limit for the path of a socket: 107 bytes on Linux, 103 on macOS. */
const LONGEST_SOCKET_PATH = process.platform === 'linux' ? 107 : 103;
/** How long after a broken connection the end of the process may be reported. */
const NEWS_MS = 2_000;

export interface RunSpecification {
  plugin: string;
  executable: string;
  toSocket: string;
  fromSocket: string;
  cwd: string;
  env: NodeJS.ProcessEnv;
  limits: HostLimits;
  /** Serves the plugin's requests. */
  requests: Omit<PluginRequests, 'leaving'>;
  /** Records the traffic on its sockets. */
  traffic: Traffic;
  /** Called when the plugin has been ready and reports that it cannot go on. */
  onLeaving(reason: ModelError): void;
  /** Called with each line that the process prints. */
  onOutput(line: string, stream: Extract<LogSource['stream'], 'stdout' | 'stderr'>): void;
}

/** Why a plugin did not become ready. */
interface Problem {
  code: number;
  how: string;
  messages?: readonly string[];
  /** The process will probably end by itself. */
  ends?: boolean;
}

/**
 * One process of a plugin and its two sockets, from `PROVIDER listen` to its end:
 *
 *     start -> READY! -> config -> action, publish, forward -> stop -> ended
 *
 * Whatever happens, `ended` settles once, and then no process of its group and no socket is left.
 */
export class PluginRun {
  /** Resolves when the process has ended, with a text such as `exited with code 1`. */
  readonly ended: Promise<string>;
  readonly startedAt = new Date();
  readonly #specification: RunSpecification;
  readonly #child: ChildProcess;
  readonly #server: PluginServer;
  readonly #client: PluginClient;
  readonly #stderr = new Tail();
  /** Calls in progress, which are awaited before the plugin is stopped. */
  readonly #calls = new Set<Promise<unknown>>();
  /** Resolves when the process has ended and its output has been read. */
  readonly #closed: Promise<void>;
  #ending: string | undefined;
  #stop: Promise<void> | undefined;
  #killed = false;
  #onLeaving: (reason: ModelError) => void = () => {};

  /**
   * Starts the plugin and waits for READY!. Throws ModelError with its stderr: 500 when it printed Failed, ended or
   * closed its stdout before, 504 after the time limit.
   */
  static async start(specification: RunSpecification, signal: AbortSignal): Promise<PluginRun> {
    const { toSocket, fromSocket, executable, env, cwd, requests, traffic } = specification;
    const details = { model: 'plugins', key: specification.plugin, type: 'plugin' };
    const tooLong = [toSocket, fromSocket].find((path) => Buffer.byteLength(path) > LONGEST_SOCKET_PATH);
    if (tooLong !== undefined) {
      const message = `communicationDirectory: ${tooLong} is longer than the ${LONGEST_SOCKET_PATH} bytes of a socket's path`;
      throw new ModelError(400, message, details);
    }
    let run: PluginRun | undefined;
    const server = new PluginServer(
      fromSocket,
      {
        ...requests,
        leaving: (reason) => {
          if (run !== undefined) run.#onLeaving(reason);
        },
      },
      traffic,
    );
    await server.listen();
    let child: ChildProcess;
    try {
      child = await launch(executable, ['listen', toSocket, fromSocket], {
        cwd,
        env,
        stdin: 'closed',
        signal,
      });
    } catch (cause) {
      await server.close();
      const { code, messages } = ModelError.from(cause) ?? { code: 500, messages: [String(cause)] };
      throw new ModelError(code, messages, { ...details, cause });
    }
    run = new PluginRun(specification, child, server);
    await run.#ready(signal);
    return run;
  }

  private constructor(specification: RunSpecification, child: ChildProcess, server: PluginServer) {
    this.#specification = specification;
    this.#child = child;
    this.#server = server;
    this.#client = new PluginClient(specification.toSocket, specification.traffic);
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

  /** The process id, while the process exists. */
  get pid(): number | undefined {
    return this.alive ? this.#child.pid : undefined;
  }

  /** Whether the process exists. */
  get alive(): boolean {
    return this.#ending === undefined;
  }

  async #ready(signal: AbortSignal): Promise<void> {
    const problem = await this.#announced(signal);
    if (problem === undefined) return;
    // The process is about to end, and may print the reason until then.
    if (problem.ends) await this.#within(NEWS_MS, this.#closed);
    await this.#terminate();
    throw this.#failure(problem.code, problem.how, problem.messages);
  }

  /** Waits for READY!. Returns undefined when it came, or else the problem. */
  async #announced(signal: AbortSignal): Promise<Problem | undefined> {
    const { limits, onOutput, onLeaving } = this.#specification;
    const { promise, resolve } = Promise.withResolvers<Problem | undefined>();
    let waiting = true;
    this.#onLeaving = ({ code, messages }) =>
      resolve({ code: code >= 400 ? code : 500, how: 'left before READY!', messages });
    const onLine = (line: string) => {
      if (waiting && (line === 'READY!' || line === 'Failed')) {
        waiting = false;
        resolve(line === 'READY!' ? undefined : { code: 500, how: 'said Failed', ends: true });
      } else onOutput(line, 'stdout');
    };
    const onEnd = () => {
      if (!waiting) return;
      // If its exit has closed it, the exit is the better explanation.
      void this.#within(NEWS_MS, this.#closed).then(() =>
        resolve({ code: 500, how: `${this.#ending ?? 'closed its stdout'} before READY!` }),
      );
    };
    if (this.#child.stdout !== null) readLines(this.#child.stdout, onLine, onEnd);
    const timer = setTimeout(
      () => resolve({ code: 504, how: `did not say READY! within ${limits.start / 1000} s` }),
      limits.start,
    );
    const onAbort = () => resolve({ code: 503, how: 'was stopped before READY!' });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const problem = await promise;
    waiting = false;
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    if (problem === undefined) this.#onLeaving = onLeaving;
    return problem;
  }

  /** `POST /config` with the params and the plugin's name. Throws the plugin's ModelError. */
  async config(params: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void> {
    const { plugin, limits } = this.#specification;
    await this.#post('config', { ...params, Name: plugin }, { limit: limits.config, signal, params });
  }

  /**
   * `POST /action`. Returns the result. Throws the plugin's ModelError, 502 when the plugin dies during it, or 503 when
   * it had died before the action reached it.
   */
  action(
    action: Action,
    options: { signal?: AbortSignal; headers?: Record<string, string> },
  ): Promise<unknown> {
    const { limits } = this.#specification;
    return this.#post('action', action, { limit: limits.action, params: action.Params, ...options });
  }

  /** `POST /publish`. Throws ModelError. */
  async publish(event: Event, signal?: AbortSignal): Promise<void> {
    await this.#post('publish', event, { limit: this.#specification.limits.publish, signal });
  }

  /** Whether the plugin answers within the time limit. A blocked event loop does not. */
  ping(): Promise<boolean> {
    return this.#client.ping(this.#specification.limits.ping);
  }

  /** Kills the process. It is then treated like one that died by itself. */
  kill(): void {
    signalGroup(this.#child, 'SIGKILL');
  }

  /** Forwards a request to `/plugin-apis/PLUGIN/*`. Throws ModelError if nothing has been answered yet. */
  async forward(incoming: IncomingMessage, outgoing: ServerResponse, path: string): Promise<void> {
    const { limits } = this.#specification;
    await this.#reach(`${incoming.method} ${path}`, () =>
      this.#client.forward(incoming, outgoing, path, limits.forwardIdle),
    );
  }

  /**
   * Stops the plugin: running calls get a moment to finish, then `POST /stop`, then SIGKILL after the time limit.
   * Resolves when nothing is left, with whether it had to be killed. Never rejects.
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
      // The result is ignored: Go plugins end before their answer is sent.
      const limit = limits.stop;
      void this.#client.post('stop', null, { limit }).catch(() => {});
      await this.#endWithin(limit);
    }
    await this.ended;
  }

  /** Stops a plugin that does not serve: SIGTERM, then SIGKILL. */
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

  /** Reports a broken connection as the plugin's death, which is its usual cause. */
  async #reach<T>(what: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof PluginUnreachable)) throw error;
      await this.#within(NEWS_MS, this.#closed);
      // The process had ended before the request, which was therefore not carried out.
      if (this.#ending !== undefined && error.unsent)
        throw this.#failure(503, `${this.#ending} before ${what} reached it`, [], error);
      const how = this.#ending ?? `cannot be reached (${error.message})`;
      throw this.#failure(502, `${how} before ${what} was answered`, [], error);
    }
  }

  #failure(code: number, how: string, messages: readonly string[] = [], cause?: unknown): ModelError {
    const { plugin } = this.#specification;
    return new ModelError(code, [`the plugin ${how}`, ...messages, ...this.#stderr.messages()], {
      model: 'plugins',
      key: plugin,
      type: 'plugin',
      cause,
    });
  }

  /** Error messages for a process that ended by itself. */
  deathMessages(how: string): string[] {
    return [`the plugin ${how}`, ...this.#stderr.messages()];
  }

  async #cleanUp(): Promise<void> {
    const { toSocket } = this.#specification;
    this.#client.close();
    // Fails when the folder was removed meanwhile; then the sockets are gone as well.
    await this.#server.close().catch(() => {});
    await rm(toSocket, { force: true }).catch(() => {});
  }
}
