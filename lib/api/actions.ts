import type { AvailableAction } from '../models/index.ts';
import type { Connection } from './connection.ts';
import { listOf, objectOf } from './expect.ts';
import type { CallOptions } from './request.ts';

export interface ActionOptions extends CallOptions {
  /** The plugin to use when several offer the action. */
  plugin?: string;
}

/** Default time limit in ms. Many actions wait for hardware. */
const ACTION_MS = 600_000;

/** The actions of one object, or of the system. */
export class Actions {
  readonly #connection: Connection;
  readonly #path: readonly string[];

  /** `path` is `[PREFIX, KEY, 'actions']` or `['system', 'actions']`. */
  constructor(connection: Connection, path: readonly string[]) {
    this.#connection = connection;
    this.#path = path;
  }

  /** The actions that can be run now: a plugin offers them, and the params that they require are set. */
  async list({ plugin, ...call }: ActionOptions = {}): Promise<AvailableAction[]> {
    const { body } = await this.#connection.send({ ...call, path: this.#path, query: { plugin } });
    return listOf<AvailableAction>(body, this.#path);
  }

  /** Throws ModelError 404 when the object has no action of that name. */
  async show(command: string, { plugin, ...call }: ActionOptions = {}): Promise<AvailableAction> {
    const path = [...this.#path, command];
    const { body } = await this.#connection.send({ ...call, path, query: { plugin } });
    return objectOf<AvailableAction>(body, path);
  }

  /**
   * Runs an action and returns its result. The endpoint adds params from the object, its profiles and the plugin. A
   * request that may have reached the endpoint is not repeated, since the action could run twice.
   */
  async run(
    command: string,
    params: Readonly<Record<string, unknown>> = {},
    { plugin, timeout = ACTION_MS, ...call }: ActionOptions = {},
  ): Promise<unknown> {
    const { body } = await this.#connection.send({
      ...call,
      timeout,
      method: 'POST',
      path: [...this.#path, command],
      query: { plugin },
      json: params,
    });
    return body;
  }
}
