import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, type Machine } from '../api/index.ts';
import { type RunningEndpoint, startEndpoint } from '../endpoint/index.ts';
import { type Event, type LogLine, ModelError, type PluginProvider } from '../models/index.ts';
import { CLOCK_SOCKET } from './clock-messages.ts';
import { SeenEvents } from './seen-events.ts';
import { TestClock } from './test-clock.ts';

export interface TestEndpointOptions {
  /** The provider: `cmd/NAME/main.ts` as a path or `file:` URL, or an executable called NAME. */
  plugin: string | URL;
  /** Params of the plugin object. Secure params of the provider's content are encrypted. */
  params?: Readonly<Record<string, unknown>>;
  /** `stopped`: for a provider run from source, background work sleeps until the test moves the `clock`. */
  clock?: 'running' | 'stopped';
}

/** A request to a route of the plugin. */
export interface RouteOptions {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
}

/** What an action is called on. */
export interface Target {
  prefix: string;
  key: string;
}

/**
 * Starts a provider under a development endpoint in this process:
 *
 *     await using endpoint = await startTestEndpoint({ plugin: new URL('../cmd/hello/main.ts', import.meta.url) });
 *     assert.equal(await endpoint.run('greet'), 'Hello, web1!');
 *
 * Its plugin runs as a separate process, with real sockets, until the endpoint is closed. Rejects with ModelError and
 * the log when the provider is refused, or its plugin does not start.
 */
export function startTestEndpoint(options: TestEndpointOptions): Promise<TestEndpoint> {
  return TestEndpoint.start(options);
}

export class TestEndpoint implements AsyncDisposable {
  /** Name of the provider and its plugin. */
  readonly name: string;
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** A client with all rights. */
  readonly api: Client;
  readonly events: SeenEvents;
  /** Log lines of the endpoint, the provider and its plugin. */
  readonly logs: readonly LogLine[];
  readonly #clock: TestClock | undefined;
  /** Requests to the plugin's routes, `/plugin-apis/NAME/...`. */
  readonly routes = { fetch: (path: string, options?: RouteOptions) => this.#fetch(path, options) };
  readonly #endpoint: RunningEndpoint;
  readonly #provider: PluginProvider;
  readonly #undo: AsyncDisposableStack;
  #machine: Promise<Machine> | undefined;

  private constructor(parts: Parts, provider: PluginProvider, undo: AsyncDisposableStack) {
    this.#endpoint = parts.endpoint;
    this.#provider = provider;
    this.#undo = undo;
    this.name = provider.Name;
    this.url = parts.endpoint.url;
    this.api = parts.api;
    this.events = parts.events;
    this.logs = parts.logs;
    this.#clock = parts.clock;
  }

  static async start({ plugin, params = {}, clock = 'running' }: TestEndpointOptions): Promise<TestEndpoint> {
    await using undo = new AsyncDisposableStack();
    const root = await mkdtemp(join(tmpdir(), 'test-endpoint-'));
    undo.defer(() => rm(root, { recursive: true, force: true }));
    const logs: LogLine[] = [];
    const endpoint = await startEndpoint({
      root,
      port: 0,
      staticPort: 0,
      onLog: (line) => logs.push(line),
      // A slow machine's plugin is slow, and not busy.
      limits: { ping: 60_000 },
    });
    undo.defer(() => endpoint.close());
    const api = new Client({ endpoint: endpoint.url, token: endpoint.token });
    undo.defer(() => api.close());
    const events = await SeenEvents.of(api);
    undo.defer(() => events.close());
    const stopped = clock === 'stopped' ? await TestClock.listening(join(root, 'clock')) : undefined;
    undo.defer(() => stopped?.close());
    const parts = { endpoint, api, events, logs, root, clock: stopped };
    const provider = await install(plugin, params, parts);
    return new TestEndpoint(parts, provider, undo.move());
  }

  /** The clock of the plugin's background work. Throws ModelError 400 when it was not stopped. */
  get clock(): TestClock {
    if (this.#clock !== undefined) return this.#clock;
    throw new ModelError(400, "The clock runs: start the endpoint with clock: 'stopped'");
  }

  /** Creates a machine, called `web1` by default. */
  machine(fields: Readonly<Partial<Machine>> = {}): Promise<Machine> {
    return this.api.objects('machines').create({ Name: 'web1', ...fields });
  }

  /**
   * Runs an action of the provider and returns its result. Without `on`, an action on machines runs on a new machine
   * `web1`, one on plugins on the plugin, and a system action on the system. Throws the endpoint's answer (ModelError).
   */
  async run(
    command: string,
    params: Readonly<Record<string, unknown>> = {},
    on?: Target | Machine,
  ): Promise<unknown> {
    const { api, name } = this;
    const target = on ?? (await this.#targetOf(command));
    if (target === 'system') return api.systemActions().run(command, params, { plugin: name });
    const { prefix, key } = 'Uuid' in target ? { prefix: 'machines', key: target.Uuid } : target;
    return api.actions(prefix, key).run(command, params, { plugin: name });
  }

  async #targetOf(command: string): Promise<Target | Machine | 'system'> {
    const models = (this.#provider.AvailableActions ?? []).flatMap((action) =>
      action.Command === command ? [action.Model] : [],
    );
    if (models.includes('machines')) {
      this.#machine ??= this.machine();
      return this.#machine;
    }
    if (models.includes('plugins')) return { prefix: 'plugins', key: this.name };
    if (models.includes('')) return 'system';
    const problem =
      models.length === 0
        ? 'is no action of the provider'
        : `is run on ${models.join(', ')}: name the object`;
    throw new ModelError(400, `${command} ${problem}`, { model: 'plugin_providers', key: this.name });
  }

  async #fetch(path: string, { method = 'GET', headers = {}, body }: RouteOptions = {}): Promise<Response> {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const outgoing = request(
      `${this.url}/plugin-apis/${this.name}${path.startsWith('/') ? path : `/${path}`}`,
      {
        method,
        headers: { authorization: `Bearer ${this.#endpoint.token}`, ...headers },
        ca: this.#endpoint.certificate,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const all = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
            values.map((value) => [name, value] as [string, string]),
          );
          const { statusCode: status = 0 } = incoming;
          resolve(new Response(chunks.length === 0 ? null : Buffer.concat(chunks), { status, headers: all }));
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
    return promise;
  }

  /** Stops the plugin and the endpoint, and removes the folder. */
  async close(): Promise<void> {
    await this.#undo.disposeAsync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

interface Parts {
  endpoint: RunningEndpoint;
  api: Client;
  events: SeenEvents;
  logs: LogLine[];
  /** Folder of everything that the test creates. */
  root: string;
  clock: TestClock | undefined;
}

/** Creates the plugin object before its provider, so that the plugin starts once, with all params. */
async function install(
  plugin: string | URL,
  params: Readonly<Record<string, unknown>>,
  { api, events, logs, root, clock }: Parts,
): Promise<PluginProvider> {
  const path = typeof plugin === 'string' ? resolve(plugin) : fileURLToPath(plugin);
  const isSource = /\.[cm]?[jt]s$/.test(path);
  const name = basename(isSource ? dirname(path) : path);
  if (clock !== undefined && !isSource) {
    throw new ModelError(400, `clock: it can be stopped for a provider from its source, not for ${path}`);
  }
  let file = path;
  if (isSource) {
    file = join(root, name);
    // NODE_OPTIONS are not passed on, as with an executable: those of a debugger would change its output.
    const preload = new URL(`./stopped-clock${extname(import.meta.filename)}`, import.meta.url);
    const stopped = clock === undefined ? '' : `--import '${preload}' `;
    const socket = `export ${CLOCK_SOCKET}='${join(root, 'clock')}'\n`;
    await writeFile(
      file,
      `#!/bin/sh\nunset NODE_OPTIONS\n${socket}exec '${process.execPath}' ${stopped}'${path}' "$@"\n`,
    );
  }
  await api.objects('plugins').create({ Name: name, Provider: name, Params: { ...params } });
  await api.pluginProviders().upload(name, { file });
  const isMissing = (event: Event) => errorsIn(event)[0]?.startsWith('Missing Plugin Provider') === true;
  const end = await events.until(
    `plugins.configed,update.${name}`,
    (event) => event.Action === 'configed' || (errorsIn(event).length > 0 && !isMissing(event)),
  );
  if (end.Action !== 'configed') {
    const lines = logs.map(({ Level, Service, Message }) => `${Level} ${Service}: ${Message}`);
    throw new ModelError(500, [`The plugin ${name} does not run`, ...errorsIn(end), ...lines], {
      model: 'plugins',
      key: name,
    });
  }
  return (await api.objects('plugin_providers').get(name)) as PluginProvider;
}

function errorsIn({ Object: object }: Event): string[] {
  const { PluginErrors } = (object ?? {}) as { PluginErrors?: unknown };
  return Array.isArray(PluginErrors) ? PluginErrors.map(String) : [];
}
