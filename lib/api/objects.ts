import { ModelError, type RawModel } from '../models/index.ts';
import type { Connection } from './connection.ts';
import { keyOf } from './keys.ts';
import type { PatchOperation } from './patch.ts';
import type { CallOptions, Request } from './request.ts';

export interface GetOptions extends CallOptions {
  query?: Request['query'];
}

/** The objects of one prefix. `T` is what they are; for a provider's own objects that is up to the caller. */
export class Objects<T extends object = RawModel> {
  readonly prefix: string;
  readonly #connection: Connection;

  constructor(connection: Connection, prefix: string) {
    this.#connection = connection;
    this.prefix = prefix;
  }

  async list(options: GetOptions = {}): Promise<T[]> {
    const { body } = await this.#connection.send({ ...options, path: [this.prefix] });
    if (Array.isArray(body)) return body;
    throw this.#odd('a list that is no array');
  }

  /** `key` is the object's key or `INDEX:VALUE` of a unique index, `Name:foo` for example. Throws ModelError 404. */
  async get(key: string, options: GetOptions = {}): Promise<T> {
    return this.#object(await this.#connection.send({ ...options, path: [this.prefix, key] }), key);
  }

  /** The object that the endpoint has under the key of `object`. */
  async fill(object: Readonly<Partial<T>>, options: GetOptions = {}): Promise<T> {
    return this.get(keyOf(this.prefix, object as RawModel), options);
  }

  async exists(key: string, options: CallOptions = {}): Promise<boolean> {
    try {
      await this.#connection.send({ ...options, method: 'HEAD', path: [this.prefix, key] });
      return true;
    } catch (error) {
      if (error instanceof ModelError && error.code === 404) return false;
      throw error;
    }
  }

  /** Returns the object as the endpoint made it. Throws ConflictError when there is one with its key. */
  async create(object: Readonly<Partial<T>>, options: CallOptions = {}): Promise<T> {
    const answer = await this.#connection.send({
      ...options,
      method: 'POST',
      path: [this.prefix],
      json: object,
    });
    return this.#object(answer, '');
  }

  /** Replaces an object, whatever it was. */
  async put(key: string, object: Readonly<T>, options: CallOptions = {}): Promise<T> {
    const path = [this.prefix, key];
    return this.#object(await this.#connection.send({ ...options, method: 'PUT', path, json: object }), key);
  }

  /** Changes an object, all of the patch or none. Throws ConflictError when a `test` in it fails. */
  async patch(key: string, operations: readonly PatchOperation[], options: CallOptions = {}): Promise<T> {
    const path = [this.prefix, key];
    const answer = await this.#connection.send({ ...options, method: 'PATCH', path, json: operations });
    return this.#object(answer, key);
  }

  /** Deletes an object and returns what it was. */
  async remove(key: string, options: CallOptions = {}): Promise<T> {
    const path = [this.prefix, key];
    return this.#object(await this.#connection.send({ ...options, method: 'DELETE', path }), key);
  }

  #object({ body }: { body: unknown }, key: string): T {
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as T;
    throw this.#odd('an answer that is no object', key);
  }

  #odd(what: string, key = ''): ModelError {
    return new ModelError(502, `The endpoint sent ${what}`, {
      type: 'CLIENT_ERROR',
      model: this.prefix,
      key,
    });
  }
}
