import { ModelError, type RawModel } from '../models/index.ts';
import { Connection } from './connection.ts';
import { EventHub } from './events/hub.ts';
import { EventStream, type StreamOptions } from './events/stream.ts';
import type { Info } from './info.ts';
import { Objects } from './objects.ts';
import { Params } from './params.ts';
import type { Answer, CallOptions, Request } from './request.ts';
import { Session } from './session.ts';
import { type ClientOptions, optionsFromEnvironment, settingsFrom } from './settings.ts';

/**
 * The REST API of an endpoint. Making one does no I/O. Its methods throw ModelError: the endpoint's own errors
 * unchanged (409 as ConflictError), transport errors with code 503 or 504, odd answers with 502.
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

  /** Sends a request and returns the answer's body, parsed; undefined when it is empty. */
  async request(request: Request): Promise<unknown> {
    return (await this.send(request)).body;
  }

  /** Sends a request and returns its answer with status, headers and ETag. */
  async send(request: Request): Promise<Answer> {
    return this.#connection.send(request);
  }

  /** What the endpoint is, and its `features`. */
  async info(options: CallOptions = {}): Promise<Info> {
    const body = await this.request({ ...options, path: 'info' });
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw new ModelError(502, 'The endpoint sent an info that is no object', { type: 'CLIENT_ERROR' });
    }
    const { features } = body as Partial<Info>;
    return { ...(body as Info), features: Array.isArray(features) ? features : [] };
  }

  /** The objects of a prefix: `machines`, `profiles`, or those of a provider's StoreObjects. */
  objects<T extends object = RawModel>(prefix: string): Objects<T> {
    return new Objects<T>(this.#connection, prefix);
  }

  /** The params of one object. */
  params(prefix: string, key: string): Params {
    return new Params(this.#connection, prefix, key);
  }

  /** A stream of events. All streams of this client share one connection, which is made at the first `register`. */
  events(options: StreamOptions = {}): EventStream {
    this.#hub ??= new EventHub(this.#connection);
    return new EventStream(this.#hub, options.log ?? this.#connection.settings.log, options);
  }

  /** Ends event streams and idle connections. Requests after it fail. */
  close(): void {
    this.#hub?.close();
    this.#connection.close();
  }
}
