import { rmSync } from 'node:fs';
import { access, constants, mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { Client } from '../../../lib/api/index.ts';
import { type RunningEndpoint, startEndpoint } from '../../../lib/endpoint/index.ts';
import { ModelError, type PluginProvider } from '../../../lib/models/index.ts';
import { startProblem } from '../commands/endpoint.ts';
import { logText } from '../commands/log-text.ts';
import { COMMUNITY_CONTENT } from '../demo/community-content.ts';
import { pluginErrors, startPlugin } from '../demo/start-plugin.ts';

const WORTH_SAYING: ReadonlySet<string> = new Set(['warn', 'error', 'fatal', 'panic']);

/**
 * A development endpoint in a temporary folder with the executables of some providers. Disposing of it removes
 * everything.
 */
export class InspectedEndpoint implements AsyncDisposable {
  readonly #executables: readonly string[];
  readonly #endpoint: RunningEndpoint;
  readonly #api: Client;
  readonly #cleanup: AsyncDisposableStack;

  private constructor(
    executables: readonly string[],
    endpoint: RunningEndpoint,
    api: Client,
    cleanup: AsyncDisposableStack,
  ) {
    this.#executables = executables;
    this.#endpoint = endpoint;
    this.#api = api;
    this.#cleanup = cleanup;
  }

  /**
   * Starts the endpoint. `onProblem` gets warnings and errors of the endpoint and plugins. Throws ModelError 400 for a
   * path without an executable, 409 for a port in use.
   */
  static async start(
    paths: readonly string[],
    { port, onProblem }: { port: number; onProblem: (text: string) => void },
  ): Promise<InspectedEndpoint> {
    const executables = paths.map((path) => resolve(path));
    for (const path of executables) await checkExecutable(path);
    await using cleanup = new AsyncDisposableStack();
    const root = await mkdtemp(join(tmpdir(), 'drpkit-inspect-'));
    cleanup.defer(() => rm(root, { recursive: true, force: true }));
    // Removes the folder also when the process exits without disposal.
    const atExit = () => rmSync(root, { recursive: true, force: true });
    process.on('exit', atExit);
    cleanup.defer(() => void process.off('exit', atExit));
    await mkdir(join(root, 'plugins'));
    for (const [at, path] of executables.entries())
      await symlink(path, join(root, 'plugins', fileName(executables, at)));
    const endpoint = await startEndpoint({
      root,
      port,
      staticPort: 0,
      packs: [COMMUNITY_CONTENT],
      onLog: (line) => {
        if (WORTH_SAYING.has(line.Level)) onProblem(logText(line));
      },
    }).catch((error: unknown) => {
      throw startProblem(error);
    });
    cleanup.defer(() => endpoint.close());
    const api = new Client({ endpoint: endpoint.url, token: endpoint.token });
    cleanup.defer(() => api.close());
    return new InspectedEndpoint(executables, endpoint, api, cleanup.move());
  }

  get url(): string {
    return this.#endpoint.url;
  }

  get user(): string {
    return this.#endpoint.user;
  }

  get password(): string {
    return this.#endpoint.password ?? '';
  }

  /**
   * Creates the machine, and a plugin of each provider that needs no params, and reports the results. Returns early
   * when `signal` is aborted. Throws ModelError 400 when none of the executables is a provider.
   */
  async startPlugins(signal: AbortSignal, say: (line: string) => Promise<void>): Promise<void> {
    try {
      await this.#startPlugins(signal, say);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #startPlugins(signal: AbortSignal, say: (line: string) => Promise<void>): Promise<void> {
    const gone = Promise.withResolvers<never>();
    gone.promise.catch(() => {});
    signal.addEventListener('abort', () => gone.reject(signal.reason), { once: true });
    if (signal.aborted) return;
    await this.#api.objects('machines').create({ Name: 'web1' }, { signal });
    await Promise.race([this.#endpoint.ready, gone.promise]);
    const providers = await this.#api.pluginProviders().list({ signal });
    if (this.#executables.length > 0 && providers.length === 0)
      throw new ModelError(400, 'None of the executables is a provider that can be loaded: see above');
    await Promise.all(
      providers.map(async (provider) => {
        const { Name, Version } = provider;
        await say(`${Name} ${Version}: ${await this.#startPlugin(provider, signal)}`);
      }),
    );
  }

  async #startPlugin({ Name, RequiredParams }: PluginProvider, signal: AbortSignal): Promise<string> {
    const plugins = this.#api.objects('plugins');
    const needed = RequiredParams ?? [];
    if (needed.length > 0) return `has no plugin yet, which needs ${needed.join(', ')}`;
    // A plugin with autoStart has started or failed by now.
    const problems = (await plugins.exists(Name, { signal }))
      ? pluginErrors(await plugins.get(Name, { signal })) || 'started'
      : await startPlugin(this.#api, { Name, Provider: Name }, signal);
    return problems === 'started'
      ? `its plugin ${Name} runs`
      : `its plugin ${Name} does not run: ${problems}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cleanup.disposeAsync();
  }
}

async function checkExecutable(path: string): Promise<void> {
  const refuse = (what: string, cause?: unknown) =>
    new ModelError(400, `provider: ${path}: ${what}`, { cause });
  const found = await stat(path).catch((cause: unknown) => {
    throw refuse(`there is no such file`, cause);
  });
  if (!found.isFile()) throw refuse('is not a file, expected an executable');
  await access(path, constants.X_OK).catch((cause: unknown) => {
    throw refuse('cannot be run: chmod +x makes it an executable', cause);
  });
}

/** The file name of an executable in the plugins folder: its own, made unique. A leading dot would mark an upload. */
function fileName(executables: readonly string[], at: number): string {
  const name = (path: string | undefined) => basename(path ?? '').replace(/^\.+/, '') || 'provider';
  const own = name(executables[at]);
  const earlier = executables.slice(0, at).filter((path) => name(path) === own).length;
  return earlier === 0 ? own : `${own}_${earlier + 1}`;
}
