import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from '../../../lib/api/index.ts';
import { generateContent } from '../../../lib/content/index.ts';
import { type RunningEndpoint, startEndpoint } from '../../../lib/endpoint/index.ts';
import { isObject, ModelError } from '../../../lib/models/index.ts';
import { Semaphore } from '../../../lib/process/index.ts';
import { readYaml } from '../../../lib/yaml/index.ts';
import { startProblem } from '../commands/endpoint.ts';
import { compiler, pinnedNode } from '../project/tools.ts';
import { type Changes, watchChanges } from './changes.ts';
import type { ProviderSource } from './provider-source.ts';
import type { Terminal } from './terminal.ts';

const PARAMS_FILE = 'params.yaml';
const MOST_LINES = 20;
const CHECK_LIMIT_MS = 120_000;
/** How long in ms a start may take before that is reported. */
const START_LIMIT_MS = 60_000;
const { PRIORITY_LOW } = constants.priority;
/** Limit for the output of the provider's `define` and of the compiler. */
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;

export interface DevOptions {
  root: string;
  port: number;
  staticPort: number;
  /** Port for debuggers. */
  inspect?: number | undefined;
  events: boolean;
  terminal: Terminal;
}

/** Runs a provider from source under a development endpoint, and restarts it after each change. */
export class DevLoop implements AsyncDisposable {
  readonly #source: ProviderSource;
  readonly #options: DevOptions;
  readonly #endpoint: RunningEndpoint;
  readonly #api: Client;
  readonly #oneByOne = new Semaphore(1);
  readonly #checks = new Semaphore(1);
  readonly #ending = new AbortController();
  #unwatch = () => {};
  #isLive = false;
  #typesAreWrong = false;
  /** Called with the log message of a failed start. */
  #startFailed: (message: string) => void = () => {};

  private constructor(source: ProviderSource, options: DevOptions, endpoint: RunningEndpoint) {
    this.#source = source;
    this.#options = options;
    this.#endpoint = endpoint;
    this.#api = new Client({ endpoint: endpoint.url, token: endpoint.token });
  }

  static async start(source: ProviderSource, options: DevOptions): Promise<DevLoop> {
    const { port, staticPort, terminal } = options;
    const root = resolve(source.folder, options.root);
    await mkdir(join(root, 'plugins'), { recursive: true });
    let loop: DevLoop | undefined;
    const endpoint = await startEndpoint({
      root,
      port,
      staticPort,
      onLog: (line) => {
        // Expected: the plugin object is created before the provider exists.
        if (line.Message.includes('Missing Plugin Provider')) return;
        terminal.log(line);
        if (loop !== undefined && line.Message.startsWith(`Plugin ${source.name} did not start: `))
          loop.#startFailed(line.Message);
      },
    }).catch((error: unknown) => {
      throw startProblem(error);
    });
    loop = new DevLoop(source, { ...options, root }, endpoint);
    try {
      await loop.#begin();
      return loop;
    } catch (error) {
      await loop[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const { root, terminal, events } = this.#options;
    await this.#endpoint.ready;
    if (events) void this.#showEvents();
    await this.#changed({ source: true, content: true, params: true });
    this.#unwatch = watchChanges(
      this.#source.folder,
      { folder: root, file: PARAMS_FILE },
      (changes) => void this.#changed(changes),
      (error) => terminal.problem(`Changes are not seen any more: ${error.message}`),
    );
  }

  /** Prints what is running, and how to reach it from another terminal. */
  async introduce(): Promise<void> {
    const { terminal } = this.#options;
    const machines = await this.#api.objects('machines').list();
    if (machines.length === 0) await this.#api.objects('machines').create({ Name: 'web1' });
    const { AvailableActions = [] } = await this.#api
      .objects('plugin_providers')
      .get(this.#source.name)
      .catch(() => ({ AvailableActions: [] }));
    const action = (AvailableActions ?? []).find(({ Model }) => Model === 'machines')?.Command;
    const machine = machines[0]?.Name ?? 'web1';
    terminal.dev(`the endpoint serves ${this.#endpoint.url}. In another terminal:`);
    terminal.dev(`  export RS_ENDPOINT=${this.#endpoint.url} RS_TOKEN=${this.#endpoint.token}`);
    if (action !== undefined) terminal.dev(`  npx drpkit machines runaction Name:${machine} ${action}`);
    else terminal.dev(`  npx drpkit machines show Name:${machine}`);
    const { url, user, password } = this.#endpoint;
    terminal.dev(`The inspector, a page to look at all of it: ${url}/ui/`);
    terminal.dev(`  User: ${user}  Password: ${password ?? 'as shown at the first start'}`);
    terminal.dev('Ctrl-C ends it.');
  }

  async #changed(changes: Changes): Promise<void> {
    const began = performance.now();
    const { terminal } = this.#options;
    try {
      await this.#oneByOne.run(async () => {
        if (this.#ending.signal.aborted) return;
        if (changes.content) {
          const { problems, failed, written } = await generateContent(this.#source.folder);
          if (problems.length > 0) terminal.problem(problems.join('\n'));
          if (failed) return this.#keepsOn();
          if (written.length === 0 && !changes.source) return terminal.dev('the content is as it was');
        }
        if (changes.source || changes.content) {
          void this.#checkTypes();
          await this.#startAnew(began);
        } else if (changes.params) await this.#setParams();
      });
    } catch (error) {
      if (!this.#ending.signal.aborted) terminal.problem(firstLines(error));
    }
  }

  /** Tells which version is running when a change was refused. */
  #keepsOn(): void {
    const { name } = this.#source;
    const now = this.#isLive ? 'goes on as it was before this change' : 'is not started';
    this.#options.terminal.dev(`${name} ${now}: correct what is said above`);
  }

  async #startAnew(began: number): Promise<void> {
    const { name } = this.#source;
    const { terminal } = this.#options;
    const plugins = this.#api.objects('plugins');
    const make = async (Params: Record<string, unknown>) => {
      if (!(await plugins.exists(name))) await plugins.create({ Name: name, Provider: name, Params });
    };
    const params = await this.#params();
    // Created before its provider, so that it starts once, with all params.
    if (Object.keys(params).length > 0) await make(params);
    await using events = this.#api.events({
      signal: AbortSignal.any([this.#ending.signal, AbortSignal.timeout(START_LIMIT_MS)]),
    });
    await events.register(`plugins.configed.${name}`);
    // When the errors stay the same, the object is not updated, so no event reports a second failure.
    const { promise: failed, resolve } = Promise.withResolvers<string>();
    this.#startFailed = resolve;
    try {
      await this.#api.pluginProviders().upload(name, Buffer.from(await this.#script()));
    } catch (error) {
      if (this.#ending.signal.aborted) return;
      terminal.problem(firstLines(error));
      return this.#keepsOn();
    }
    this.#isLive = false;
    await make({});
    const configed = async () => {
      for await (const { event } of events) if (event !== undefined) return 'live';
      return `no answer within ${START_LIMIT_MS / 1000} s`;
    };
    const outcome = await Promise.race([configed(), failed]);
    if (outcome === 'live') {
      this.#isLive = true;
      terminal.dev(`${name} is live after ${Math.round(performance.now() - began)} ms`);
    } else if (outcome.includes('Missing required parameter')) {
      throw new ModelError(
        500,
        `${name} does not run: set the param in ${join(this.#options.root, PARAMS_FILE)}`,
      );
    } else throw new ModelError(500, `${name} does not run: ${outcome}`);
  }

  /** The script that takes the place of the executable. `define` runs without the debugger, which would add output. */
  async #script(): Promise<string> {
    const { folder, name } = this.#source;
    const { inspect, root } = this.#options;
    const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
    const main = quoted(join(folder, 'cmd', name, 'main.ts'));
    const node = quoted(await pinnedNode());
    const listening =
      inspect === undefined
        ? ''
        : `[ "$1" != listen ] || exec ${node} --inspect=127.0.0.1:${inspect} ${main} "$@"\n`;
    return `#!/bin/sh\nunset NODE_OPTIONS\nexport NODE_COMPILE_CACHE=${quoted(join(root, '.compile-cache'))}\n${listening}exec ${node} ${main} "$@"\n`;
  }

  async #setParams(): Promise<void> {
    const { name } = this.#source;
    const params = this.#api.params('plugins', name);
    for (const [param, value] of Object.entries(await this.#params())) {
      const definition = await this.#api
        .objects('params')
        .get(param)
        .catch(() => undefined);
      if (definition?.Secure === true) await params.setSecure(param, value);
      else await params.set(param, value);
    }
  }

  /** Throws ModelError 400 for invalid content. */
  async #params(): Promise<Record<string, unknown>> {
    const file = join(this.#options.root, PARAMS_FILE);
    const text = await readFile(file, 'utf8').catch(() => '');
    const value = readYaml(text) ?? {};
    if (isObject(value)) return value;
    throw new ModelError(400, `${file}: expected params by name`);
  }

  /** Runs in parallel: a program with type errors may still run. */
  async #checkTypes(): Promise<void> {
    await this.#checks.run(async () => {
      const known = join(this.#options.root, '.types.tsbuildinfo');
      // What did not change since the last check is not looked at again: two thirds of the time.
      const incremental = ['--incremental', '--tsBuildInfoFile', known];
      const problems = await this.#run([await compiler(), '--noEmit', '--pretty', 'false', ...incremental]);
      if (this.#ending.signal.aborted) return;
      const { terminal } = this.#options;
      if (problems !== undefined) terminal.problem(problems);
      else if (this.#typesAreWrong) terminal.dev('the types are right again');
      this.#typesAreWrong = problems !== undefined;
    });
  }

  /** Runs a tool of the kit. Returns its output when it fails. */
  async #run(args: readonly string[]): Promise<string | undefined> {
    const node = await pinnedNode();
    const { promise, resolve: done } = Promise.withResolvers<string | undefined>();
    const options = {
      cwd: this.#source.folder,
      timeout: CHECK_LIMIT_MS,
      maxBuffer: MOST_OUTPUT_BYTES,
      signal: this.#ending.signal,
    };
    const child = execFile(node, [...args], options, (error, stdout, stderr) => {
      done(error === null ? undefined : `${stdout}${stderr}`.trim() || error.message);
    });
    // Lower priority than the provider, which is starting.
    try {
      if (child.pid !== undefined) setPriority(child.pid, PRIORITY_LOW);
    } catch {
      // The process has ended.
    }
    return promise;
  }

  async #showEvents(): Promise<void> {
    const stream = this.#api.events({ signal: this.#ending.signal });
    await stream.register('*.*.*');
    for await (const { event } of stream) {
      // Log lines are shown separately.
      if (event !== undefined && event.Type !== 'log') this.#options.terminal.event(event);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    this.#unwatch();
    this.#api.close();
    await this.#endpoint.close();
  }
}

/** The endpoint's error for a refused provider contains all of its output. */
function firstLines(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).split('\n');
  return lines.length <= MOST_LINES ? lines.join('\n') : [...lines.slice(0, MOST_LINES), '...'].join('\n');
}
