import { type FSWatcher, watch } from 'node:fs';
import { chmod, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ModelError, type PluginProvider } from '../../models/index.ts';
import { Semaphore } from '../../process/index.ts';
import { placeBelow } from '../state/files.ts';
import { endpointLine, type Logs } from '../state/logs.ts';
import { receiveFile, type Upload } from '../state/receive-file.ts';
import type { DiscoveryReport, PluginHost } from './index.ts';
import type { Plugins } from './plugins.ts';

/** Ms without changes after which a file counts as completely copied. */
const QUIET_MS = 300;

/** The plugins folder: its providers at the start, uploads, and files that are copied into it or removed. */
export class ProviderFolder {
  readonly directory: string;
  readonly #host: PluginHost;
  readonly #plugins: Plugins;
  readonly #logs: Logs;
  /** By file: the provider in it, and the stamp that it had then. */
  readonly #files = new Map<string, { provider: string; stamp: string }>();
  readonly #pending = new Map<string, AbortController>();
  readonly #oneByOne = new Semaphore(1);
  #watcher: FSWatcher | undefined;
  #closed = false;

  constructor(parts: { directory: string; host: PluginHost; plugins: Plugins; logs: Logs }) {
    this.directory = parts.directory;
    this.#host = parts.host;
    this.#plugins = parts.plugins;
    this.#logs = parts.logs;
  }

  /** Examines every file, then watches for changes. */
  open(): Promise<void> {
    return this.#oneByOne.run(async () => {
      if (this.#closed) return;
      this.#watcher = watch(this.directory, (_change, file) => {
        if (file !== null && !file.startsWith('.')) this.#touched(file);
      });
      this.#watcher.on('error', (error) => this.#log('error', `plugins folder: ${error.message}`));
      const reports = await this.#host.discover();
      this.#plugins.forgetOthers(reports.flatMap(({ provider }) => provider?.Name ?? []));
      for (const report of reports) await this.#addFound(report);
    });
  }

  close(): void {
    this.#closed = true;
    this.#watcher?.close();
    for (const pending of this.#pending.values()) pending.abort();
  }

  /** The file name of a provider's executable. Throws ModelError 404. */
  fileOf(provider: string): string {
    for (const [file, known] of this.#files) if (known.provider === provider) return file;
    throw new ModelError(404, 'Not Found', { model: 'plugin_providers', key: provider, type: 'GET' });
  }

  /** Installs an uploaded executable. Throws ModelError 400 with its output when it is not a provider. */
  async upload(name: string, upload: Upload): Promise<{ path: string; size: number }> {
    const details = { model: 'plugin_providers', key: name, type: 'POST' };
    // The name must be a file in this folder, so that the upload goes where a provider of this name is.
    if (name.includes('/') || name === '' || name.startsWith('.')) {
      throw new ModelError(400, `${JSON.stringify(name)} cannot be a provider's name`, details);
    }
    const temporary = placeBelow(this.directory, `.${name}.part`, details);
    return receiveFile(temporary, upload, details, (size) =>
      this.#oneByOne.run(async () => {
        await chmod(temporary, 0o700);
        const provider = await this.#host.install(temporary, (found) => this.#plugins.check(found));
        await this.#remember(provider.Name, provider);
        try {
          this.#plugins.addProvider(provider);
        } catch (error) {
          if (this.#plugins.provider(provider.Name) === undefined)
            await this.#host.removeProvider(provider.Name);
          throw error;
        }
        return { path: provider.Name, size };
      }),
    );
  }

  /** Stops a provider's plugins and deletes its file. Throws ModelError 404. */
  remove(name: string): Promise<void> {
    return this.#oneByOne.run(async () => {
      this.#files.delete(this.fileOf(name));
      await this.#host.removeProvider(name);
      this.#plugins.providerRemoved(name);
      this.#plugins.applyAll(name);
    });
  }

  #touched(file: string): void {
    this.#pending.get(file)?.abort();
    const pending = new AbortController();
    this.#pending.set(file, pending);
    delay(QUIET_MS, undefined, { signal: pending.signal })
      .then(() => this.#oneByOne.run(() => this.#look(file)))
      .catch((error: unknown) => {
        if (!pending.signal.aborted) this.#log('error', `${file}: ${String(error)}`);
      })
      .finally(() => {
        if (this.#pending.get(file) === pending) this.#pending.delete(file);
      });
  }

  async #look(file: string): Promise<void> {
    if (this.#closed) return;
    const known = this.#files.get(file);
    const stamp = await this.#stamp(file);
    if (stamp === known?.stamp) return;
    if (stamp !== undefined) return this.#addFound(await this.#host.discoverOne(file));
    if (known === undefined) return;
    this.#files.delete(file);
    await this.#host.removeProvider(known.provider).catch(() => {});
    this.#plugins.providerRemoved(known.provider);
    this.#plugins.applyAll(known.provider);
  }

  async #addFound({ file, provider }: DiscoveryReport): Promise<void> {
    if (provider === undefined || this.#closed) return;
    await this.#remember(file, provider);
    this.#plugins.addFound(provider);
  }

  async #remember(file: string, provider: PluginProvider): Promise<void> {
    this.#files.set(file, { provider: provider.Name, stamp: (await this.#stamp(file)) ?? '' });
  }

  /** A text that changes with the file's content; undefined when the file is missing. */
  async #stamp(file: string): Promise<string | undefined> {
    const found = await stat(join(this.directory, file)).catch(() => undefined);
    return found === undefined ? undefined : `${found.ino} ${found.size} ${found.mtimeMs}`;
  }

  #log(level: 'error', message: string): void {
    this.#logs.add(endpointLine(level, message));
  }
}
