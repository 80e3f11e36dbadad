import { ModelError, type RawModel } from '../models/index.ts';
import type { Connection } from './connection.ts';
import { listOf, objectOf } from './expect.ts';
import { filterQuery, type ListFilter } from './filter.ts';
import { keyOf } from './keys.ts';
import { generatePatch, type PatchOperation, type PatchOptions } from './patch.ts';
import type { CallOptions } from './request.ts';

export type ListOptions<T> = CallOptions & ListFilter<T>;

export type GetOptions = CallOptions & Pick<ListFilter<unknown>, 'slim' | 'params' | 'decode'>;

/** Page size of `each`. */
const PAGE = 500;

/** The objects of one prefix, of type `T`. For a provider's own objects the caller chooses T; it is not checked. */
export class Objects<T extends object = RawModel> {
  readonly prefix: string;
  readonly #connection: Connection;

  constructor(connection: Connection, prefix: string) {
    this.#connection = connection;
    this.prefix = prefix;
  }

  async list(options: ListOptions<T> = {}): Promise<T[]> {
    const [call, filter] = divide(options);
    const path = [this.prefix];
    const { body } = await this.#connection.send({ ...call, path, query: filterQuery(filter) });
    return listOf<T>(body, path);
  }

  /**
   * Iterates over the objects in pages of `page`, so that a long list takes little memory. Objects that are created or
   * deleted meanwhile shift the pages: an object may come twice or not at all.
   */
  async *each({ page = PAGE, ...options }: ListOptions<T> & { page?: number } = {}): AsyncGenerator<T, void> {
    const { limit = Number.POSITIVE_INFINITY, offset = 0 } = options;
    for (let taken = 0; taken < limit; taken += page) {
      const size = Math.min(page, limit - taken);
      const objects = await this.list({ ...options, limit: size, offset: offset + taken });
      yield* objects;
      if (objects.length < size) return;
    }
  }

  /** The number of objects that `list` would return. Throws ModelError 502 when the endpoint does not send it. */
  async count(options: ListOptions<T> = {}): Promise<number> {
    const [call, filter] = divide(options);
    const path = [this.prefix];
    const { headers } = await this.#connection.send({
      ...call,
      method: 'HEAD',
      path,
      query: filterQuery(filter),
    });
    const count = Number(headers['x-drp-list-count'] ?? Number.NaN);
    if (Number.isInteger(count)) return count;
    throw new ModelError(502, 'The endpoint sent no X-DRP-LIST-COUNT', {
      type: 'CLIENT_ERROR',
      model: this.prefix,
    });
  }

  /** `key` is the object's key or `INDEX:VALUE` of a unique index, `Name:foo` for example. Throws ModelError 404. */
  async get(key: string, options: GetOptions = {}): Promise<T> {
    const [call, filter] = divide(options);
    const path = [this.prefix, key];
    const { body } = await this.#connection.send({ ...call, path, query: filterQuery(filter) });
    return objectOf<T>(body, path);
  }

  /** The object at the endpoint with the key of `object`. */
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

  /** Creates an object and returns it as stored. Throws ConflictError when its key exists. */
  async create(object: Readonly<Partial<T>>, options: CallOptions = {}): Promise<T> {
    return this.#change('POST', [this.prefix], object, options);
  }

  /** Replaces an object without a check for concurrent changes. */
  async put(key: string, object: Readonly<T>, options: CallOptions = {}): Promise<T> {
    return this.#change('PUT', [this.prefix, key], object, options);
  }

  /** Changes an object; applies all of the patch or nothing. Throws ConflictError when a `test` in it fails. */
  async patch(key: string, operations: readonly PatchOperation[], options: CallOptions = {}): Promise<T> {
    return this.#change('PATCH', [this.prefix, key], operations, options);
  }

  /**
   * Changes an object from `from`, as it was read, to `to`: only the differences are sent. Returns the object as
   * stored. Throws ConflictError when the same fields have changed meanwhile, or with `paranoid` any field.
   */
  async patchTo(
    from: Readonly<T>,
    to: Readonly<T>,
    { paranoid, ...call }: CallOptions & PatchOptions = {},
  ): Promise<T> {
    const key = keyOf(this.prefix, from as RawModel);
    if (keyOf(this.prefix, to as RawModel) !== key) {
      throw new ModelError(400, 'The key of an object cannot be changed', {
        type: 'CLIENT_ERROR',
        model: this.prefix,
        key,
      });
    }
    const operations = await generatePatch(from, to, { paranoid });
    return operations.length === 0 ? this.get(key, call) : this.patch(key, operations, call);
  }

  /** Deletes an object and returns it. */
  async remove(key: string, options: CallOptions = {}): Promise<T> {
    return this.#change('DELETE', [this.prefix, key], undefined, options);
  }

  async #change(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: readonly string[],
    json: unknown,
    options: CallOptions,
  ): Promise<T> {
    const { body } = await this.#connection.send({ ...options, method, path, json });
    return objectOf<T>(body, path);
  }
}

/** Splits `options` into those of the call and those of the list. */
function divide<T>(options: ListOptions<T>): [CallOptions, ListFilter<T>] {
  const { where, sort, reverse, limit, offset, slim, params, decode, ...call } = options;
  return [call, { where, sort, reverse, limit, offset, slim, params, decode }];
}
