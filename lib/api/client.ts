import type { Readable } from 'node:stream';
import type { Event, LogLine, RawModel } from '../models/index.ts';
import { Actions } from './actions.ts';
import { apiPath } from './address.ts';
import { Blobs } from './blobs.ts';
import { Connection } from './connection.ts';
import { Contents } from './contents.ts';
import { EventHub } from './events/hub.ts';
import { EventStream, type StreamOptions } from './events/stream.ts';
import { listOf, objectOf } from './expect.ts';
import type { Index, Info } from './info.ts';
import { installBootEnv, installTemplate } from './install.ts';
import { type IsoOptions, uploadIsos } from './isos.ts';
import { Jobs } from './jobs.ts';
import type { BootEnv, KnownObjects, Template } from './known.ts';
import { Objects } from './objects.ts';
import { Params } from './params.ts';
import { PluginProviders } from './providers.ts';
import type { Answer, CallOptions, Opened, Request } from './request.ts';
import { Session } from './session.ts';
import { type ClientOptions, optionsFromEnvironment, settingsFrom } from './settings.ts';
import { staticFile } from './static-file.ts';
import { type ObjectTest, type WaitResult, waitFor } from './wait.ts';

/**
 * A client for the REST API of an endpoint. The constructor does no I/O. Methods throw ModelError: errors of the
 * endpoint unchanged (409 as ConflictError), transport errors with code 503 or 504, invalid answers with 502.
 */
export class Client {
  readonly #connection: Connection;
  #hub: EventHub | undefined;

  /** Throws ModelError 400 that names the option. */
  constructor(options: ClientOptions = {}) {
    const settings = settingsFrom(options);
    this.#connection = new Connection(settings, new Session(settings));
  }

  /** A client for the endpoint that the environment names; see `optionsFromEnvironment`. */
  static fromEnvironment(env: Readonly<Record<string, string | undefined>> = process.env): Client {
    return new Client(optionsFromEnvironment(env));
  }

  /** URL of the endpoint, without a path. */
  get endpoint(): string {
    return this.#connection.settings.endpoint.origin;
  }

  /** Name of the user; undefined for a client that was given a token. */
  get username(): string | undefined {
    return this.#connection.session.user;
  }

  /** URL of an object or any other path below the base of the API. */
  urlFor(...path: readonly string[]): URL {
    const { endpoint, urlProxy } = this.#connection.settings;
    return new URL(apiPath(path, urlProxy), endpoint);
  }

  /**
   * The Authorization header for a request made without this client; undefined without credentials. Valid for at least
   * five minutes.
   */
  async authorization(signal?: AbortSignal): Promise<string | undefined> {
    return this.#connection.session.authorization(this.#connection, signal);
  }

  /**
   * A token with the rights of this client, to pass to a program: the one that the client was given or, with user and
   * password, a new one that is valid for `seconds` (default: an hour). Undefined without credentials.
   */
  async token({
    seconds = 3600,
    signal,
  }: {
    seconds?: number;
    signal?: AbortSignal;
  } = {}): Promise<string | undefined> {
    return this.#connection.session.token(this.#connection, seconds, signal);
  }

  /** Sends a request and returns the parsed body; undefined when it is empty. */
  async request(request: Request): Promise<unknown> {
    return (await this.send(request)).body;
  }

  /** Sends a request and returns the answer with status, headers and ETag. */
  async send(request: Request): Promise<Answer> {
    return this.#connection.send(request);
  }

  /** Sends a request and returns when the head of the answer is there, for bodies that are long or not JSON. */
  async open(request: Request): Promise<Opened> {
    return this.#connection.open(request);
  }

  /** Version, platform and `features` of the endpoint. */
  async info(options: CallOptions = {}): Promise<Info> {
    const path = ['info'];
    const info = objectOf<Info>(await this.request({ ...options, path }), path);
    return { ...info, features: info.features ?? [] };
  }

  /** The prefixes of the endpoint's object types. */
  async prefixes(options: CallOptions = {}): Promise<string[]> {
    const path = ['objects'];
    return listOf<string>(await this.request({ ...options, path }), path);
  }

  /** The log lines that the endpoint holds in memory. */
  async logs(options: CallOptions = {}): Promise<LogLine[]> {
    const path = ['logs'];
    return listOf<LogLine>(await this.request({ ...options, path }), path);
  }

  /** By prefix: the indexes by which lists can be filtered. */
  async allIndexes(options: CallOptions = {}): Promise<Record<string, Record<string, Index>>> {
    const path = ['indexes'];
    return objectOf(await this.request({ ...options, path }), path);
  }

  async indexes(prefix: string, options: CallOptions = {}): Promise<Record<string, Index>> {
    const path = ['indexes', prefix];
    return objectOf(await this.request({ ...options, path }), path);
  }

  /** One index, which may be a param. Its Type is empty when there is no such index. */
  async index(prefix: string, name: string, options: CallOptions = {}): Promise<Index> {
    const path = ['indexes', prefix, name];
    return objectOf(await this.request({ ...options, path }), path);
  }

  /** Creates an event at the endpoint. */
  async postEvent(event: Readonly<Partial<Event>>, options: CallOptions = {}): Promise<void> {
    await this.request({ ...options, method: 'POST', path: 'events', json: event });
  }

  /** The objects of a prefix: `machines`, `profiles`, or a type of a provider's StoreObjects. */
  objects<P extends keyof KnownObjects>(prefix: P): Objects<KnownObjects[P]>;
  objects<T extends object = RawModel>(prefix: string): Objects<T>;
  objects(prefix: string): Objects {
    return new Objects(this.#connection, prefix);
  }

  /** The params of one object. */
  params(prefix: string, key: string): Params {
    return new Params(this.#connection, prefix, key);
  }

  /** The actions of one object, as plugins offer them. The actions of jobs are the steps of a task: see `jobs()`. */
  actions(prefix: string, key: string): Actions {
    return new Actions(this.#connection, [prefix, key, prefix === 'jobs' ? 'plugin_actions' : 'actions']);
  }

  systemActions(): Actions {
    return new Actions(this.#connection, ['system', 'actions']);
  }

  jobs(): Jobs {
    return new Jobs(this.#connection);
  }

  contents(): Contents {
    return new Contents(this.#connection);
  }

  pluginProviders(): PluginProviders {
    return new PluginProviders(this.#connection);
  }

  /** Files that the endpoint serves. */
  files(): Blobs {
    return new Blobs(this.#connection, 'files');
  }

  /** ISO images for boot environments. */
  isos(): Blobs {
    return new Blobs(this.#connection, 'isos');
  }

  /**
   * The bytes of a file on the endpoint's static file server, for example `['machines', uuid, 'kexec']`. Throws
   * ModelError.
   */
  async file(path: readonly string[], { signal, ...call }: CallOptions = {}): Promise<Readable> {
    const { file_port: port } = await this.info({ signal, ...call });
    return staticFile(this.#connection.settings.endpoint.hostname, port, path, signal);
  }

  /** See `installTemplate`. */
  async installTemplate(file: string, id?: string, options: CallOptions = {}): Promise<Template> {
    return installTemplate(this.objects('templates'), file, id, options);
  }

  /** See `installBootEnv`. */
  async installBootEnv(file: string, options: CallOptions = {}): Promise<BootEnv> {
    return installBootEnv(this.objects('bootenvs'), this.objects('templates'), file, options);
  }

  /** See `uploadIsos`. */
  async uploadIsos(bootEnv: Readonly<BootEnv>, folder: string, options: IsoOptions = {}): Promise<string[]> {
    return uploadIsos(this.isos(), bootEnv, folder, options);
  }

  /**
   * Waits until `test` holds for an object: `complete`. Returns `timeout` after the given milliseconds, `interrupt`
   * when the signal is aborted. Throws ModelError: 404 when the object does not exist or is deleted, 400 when the
   * client is closed.
   */
  async waitFor(
    prefix: string,
    key: string,
    test: ObjectTest,
    { timeout, signal }: { timeout: number; signal?: AbortSignal },
  ): Promise<WaitResult> {
    return waitFor(this.objects<RawModel>(prefix), key, test, this.events(), timeout, signal);
  }

  /** A stream of events. All streams of this client share one connection, made at the first `register`. */
  events(options: StreamOptions = {}): EventStream {
    this.#hub ??= new EventHub(this.#connection);
    return new EventStream(this.#hub, options.log ?? this.#connection.settings.log, options);
  }

  /** Ends event streams and closes idle connections. Later requests fail. */
  close(): void {
    this.#hub?.close();
    this.#connection.close();
  }
}
