import { isDeepStrictEqual } from 'node:util';
import { ModelError } from '../models/index.ts';
import { ConflictError } from './conflict.ts';
import type { Connection } from './connection.ts';
import { objectOf } from './expect.ts';
import { type PatchOperation, pointer } from './patch.ts';
import type { CallOptions } from './request.ts';
import { seal } from './secure.ts';

export interface ParamOptions extends CallOptions {
  /** Look in the object's profiles, the global profile and the param's default as well. */
  aggregate?: boolean;
  /** Decrypt secure params. Needs the right to read them. */
  decode?: boolean;
}

/** How often `add` tries again when other params of the object change meanwhile. */
const TRIES = 5;

/** The params of one object. */
export class Params {
  readonly #connection: Connection;
  readonly #prefix: string;
  readonly #key: string;

  constructor(connection: Connection, prefix: string, key: string) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#key = key;
  }

  /** The value of a param; undefined when it is not set (the endpoint says null). */
  async get(name: string, options: ParamOptions = {}): Promise<unknown> {
    const { aggregate, decode, ...call } = options;
    const { body } = await this.#connection.send({
      ...call,
      path: this.#path(name),
      query: { aggregate, decode },
    });
    return body ?? undefined;
  }

  /** All params of the object by name. */
  async all(options: ParamOptions = {}): Promise<Record<string, unknown>> {
    const { aggregate, decode, ...call } = options;
    const { body } = await this.#connection.send({
      ...call,
      path: this.#path(),
      query: { aggregate, decode },
    });
    return objectOf(body ?? {}, this.#path());
  }

  /** Sets a param, whatever its value was. Returns the stored value. */
  async set(name: string, value: unknown, options: CallOptions = {}): Promise<unknown> {
    const { body } = await this.#connection.send({
      ...options,
      method: 'POST',
      path: this.#path(name),
      json: value,
      // Setting the same value twice does no harm.
      repeatable: true,
    });
    return body;
  }

  /**
   * Sets a secure param. The value is encrypted here with the object's public key, so it is never sent or stored in the
   * clear.
   */
  async setSecure(name: string, value: unknown, options: CallOptions = {}): Promise<void> {
    await this.set(name, await seal(await this.publicKey(options), value), options);
  }

  /** The public key for secure params of this object, 32 bytes. */
  async publicKey(options: CallOptions = {}): Promise<Uint8Array> {
    const path = [this.#prefix, this.#key, 'pubkey'];
    const { body } = await this.#connection.send({ ...options, path });
    const key = typeof body === 'string' ? new Uint8Array(Buffer.from(body, 'base64')) : undefined;
    if (key?.length === 32) return key;
    throw new ModelError(502, 'The endpoint sent no public key of 32 bytes', {
      type: 'CLIENT_ERROR',
      model: this.#prefix,
      key: this.#key,
    });
  }

  /** Replaces all params of the object. */
  async replaceAll(values: Readonly<Record<string, unknown>>, options: CallOptions = {}): Promise<void> {
    await this.#connection.send({
      ...options,
      method: 'POST',
      path: this.#path(),
      json: values,
      repeatable: true,
    });
  }

  /** Sets a param that must not be set yet. Throws ConflictError when it is. */
  async add(name: string, value: unknown, options: CallOptions = {}): Promise<void> {
    await this.compareAndSet(name, undefined, value, options);
  }

  /** Unsets a param and returns the value that it had. Throws ModelError 404 when it was not set. */
  async remove(name: string, options: CallOptions = {}): Promise<unknown> {
    const { body } = await this.#connection.send({ ...options, method: 'DELETE', path: this.#path(name) });
    return body;
  }

  /**
   * Changes params by a JSON patch; applies all of it or nothing. Returns all params. Throws ConflictError when a test
   * fails.
   */
  async patch(
    operations: readonly PatchOperation[],
    options: CallOptions = {},
  ): Promise<Record<string, unknown>> {
    const { body } = await this.#connection.send({
      ...options,
      method: 'PATCH',
      path: this.#path(),
      json: operations,
    });
    return objectOf(body ?? {}, this.#path());
  }

  /**
   * Sets a param to `value` (undefined: unsets it) if its value is `expected` (undefined: not set), atomically at the
   * endpoint. Throws ConflictError otherwise.
   */
  async compareAndSet(
    name: string,
    expected: unknown,
    value: unknown,
    options: CallOptions = {},
  ): Promise<void> {
    if (expected === undefined) return this.#setAbsent(name, value, options);
    const path = pointer(name);
    await this.patch(
      [
        { op: 'test', path, value: expected },
        value === undefined ? { op: 'remove', path } : { op: 'replace', path, value },
      ],
      options,
    );
  }

  /** Sets a param that must be absent. A JSON patch cannot test for absence, but it can test all params as a whole. */
  async #setAbsent(name: string, value: unknown, options: CallOptions): Promise<void> {
    let before = await this.all(options);
    for (let tries = 1; ; tries++) {
      if (Object.hasOwn(before, name)) throw this.#isSet(name);
      if (value === undefined) return;
      try {
        await this.patch(
          [
            { op: 'test', path: '', value: before },
            { op: 'add', path: pointer(name), value },
          ],
          options,
        );
        return;
      } catch (error) {
        if (!(error instanceof ConflictError) || tries === TRIES) throw error;
        const now = await this.all(options);
        // The params are unchanged: the conflict has another cause and will not go away.
        if (isDeepStrictEqual(now, before)) throw error;
        before = now;
      }
    }
  }

  #isSet(name: string): ConflictError {
    return new ConflictError(409, `${name} is set already`, {
      type: 'CLIENT_ERROR',
      model: this.#prefix,
      key: this.#key,
    });
  }

  #path(name?: string): string[] {
    const path = [this.#prefix, this.#key, 'params'];
    return name === undefined ? path : [...path, name];
  }
}
