import type { PluginProvider } from '../models/index.ts';
import type { Connection } from './connection.ts';
import { objectOf } from './expect.ts';
import { Objects } from './objects.ts';
import type { CallOptions, OnProgress } from './request.ts';
import { bodyFrom, type Source, TRANSFER_IDLE_MS } from './source.ts';

/** The plugin providers of the endpoint. */
export class PluginProviders {
  readonly #connection: Connection;
  readonly #objects: Objects<PluginProvider>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#objects = new Objects(connection, 'plugin_providers');
  }

  async list(options: CallOptions = {}): Promise<PluginProvider[]> {
    return this.#objects.list(options);
  }

  async get(name: string, options: CallOptions = {}): Promise<PluginProvider> {
    return this.#objects.get(name, options);
  }

  /** Uploads an executable. The endpoint then runs it to read its definition, which takes some seconds. */
  async upload(
    name: string,
    source: Source,
    options: CallOptions & {
      onProgress?: OnProgress;
      /** Replace writable objects with the names of those in the provider's content. */
      replaceWritable?: boolean;
    } = {},
  ): Promise<{ path: string; size: number }> {
    const { onProgress, replaceWritable, ...call } = options;
    const path = ['plugin_providers', name];
    const { body } = await this.#connection.send({
      ...call,
      ...(await bodyFrom(source)),
      method: 'POST',
      path,
      query: { replaceWritable: replaceWritable || undefined },
      onUpload: onProgress,
      idleTimeout: TRANSFER_IDLE_MS,
    });
    return objectOf(body, path);
  }

  async remove(name: string, options: CallOptions = {}): Promise<void> {
    await this.#connection.send({ ...options, method: 'DELETE', path: ['plugin_providers', name] });
  }
}
