import { type Client, isSecureData, keyField } from '../../lib/api/index.ts';
import { isObject, ModelError, type RawModel, UUID } from '../../lib/models/index.ts';
import { textsIn } from './secrecy.ts';

/** Params read from the endpoint, and the strings in secure ones. */
export interface ReadParams {
  values: RawModel;
  secrets: string[];
  /** Names of secure params. */
  secure: ReadonlySet<string>;
}

/** The subject of a callback: an object of the endpoint, or the system. */
export class Subject {
  readonly prefix: string;
  readonly object: RawModel;
  readonly #api: Client;

  constructor(api: Client, prefix: string, object: RawModel) {
    this.#api = api;
    this.prefix = prefix;
    this.object = object;
  }

  /** Undefined for the system and objects without a key. */
  get key(): string | undefined {
    const key = this.object[keyField(this.prefix)];
    return typeof key === 'string' && key !== '' ? key : undefined;
  }

  get hasParams(): boolean {
    return this.prefix === 'machines' || isObject(this.object.Params);
  }

  /**
   * The current params, with those of profiles if `aggregate`, decrypted if `decode`. Undefined for an object that has
   * no params or is deleted; then the params in the event are all that is known. Throws ModelError.
   */
  async params(
    how: { aggregate: boolean; decode: boolean },
    signal: AbortSignal,
  ): Promise<ReadParams | undefined> {
    const { key, prefix } = this;
    if (key === undefined || !this.hasParams) return undefined;
    const { aggregate, decode } = how;
    const params = this.#api.params(prefix, key);
    try {
      const stored = await params.all({ aggregate, signal });
      const secure = Object.keys(stored).filter((name) => isSecureData(stored[name]));
      if (!decode || secure.length === 0) return { values: stored, secrets: [], secure: new Set(secure) };
      const values = await params.all({ aggregate, decode, signal });
      return { values, secrets: secure.flatMap((name) => textsIn(values[name])), secure: new Set(secure) };
    } catch (error) {
      if (error instanceof ModelError && error.code === 404) return undefined;
      throw error;
    }
  }

  /** The machine of the subject: itself, or the one that it refers to, as jobs do. Throws ModelError. */
  async machine(signal: AbortSignal): Promise<Subject | undefined> {
    if (this.prefix === 'machines') return this;
    const { Machine } = this.object;
    if (typeof Machine !== 'string' || !UUID.test(Machine)) return undefined;
    try {
      const machine = await this.#api.objects<RawModel>('machines').get(Machine, { signal });
      return new Subject(this.#api, 'machines', machine);
    } catch (error) {
      if (error instanceof ModelError && error.code === 404) return undefined;
      throw error;
    }
  }

  /** The default of a param; undefined when it has none. */
  async fallback(name: string, signal: AbortSignal): Promise<unknown> {
    try {
      const { Schema } = await this.#api.objects<RawModel>('params').get(name, { signal });
      return isObject(Schema) ? Schema.default : undefined;
    } catch (error) {
      if (error instanceof ModelError) return undefined;
      throw error;
    }
  }

  async info(signal: AbortSignal): Promise<RawModel> {
    return this.#api.info({ signal });
  }
}
