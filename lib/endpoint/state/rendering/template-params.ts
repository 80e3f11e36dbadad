import { isObject } from '../../../models/index.ts';
import type { Found } from '../objects.ts';
import type { ParamSource, Params } from '../params.ts';
import { isSecureData } from '../secure-data.ts';

/** How templates see secure params: encrypted as stored, decrypted, or as placeholders. */
export type Secrets = 'sealed' | 'open' | 'masked';

/** The params of a machine or of the global profile, for templates. */
export class TemplateParams {
  readonly #params: Params;
  readonly #sources: readonly ParamSource[];
  readonly #secrets: Secrets;

  constructor(params: Params, { prefix, key, object }: Found, secrets: Secrets) {
    this.#params = params;
    this.#sources = [...params.sources(prefix, key, object, true)];
    this.#secrets = secrets;
  }

  /** The value of highest precedence, or the default; undefined when there is neither. */
  first(name: string): unknown {
    const source = this.#sources.find(({ params }) => Object.hasOwn(params, name));
    if (source !== undefined) return this.#value(name, source.params[name], source);
    const standard = this.#params.default(name);
    return standard === undefined ? undefined : this.#value(name, standard.value);
  }

  /** The values of all sources merged: objects by field, lists concatenated, in order of precedence. */
  composed(name: string): unknown {
    const values = this.#sources
      .filter(({ params }) => Object.hasOwn(params, name))
      .map((source) => this.#value(name, source.params[name], source));
    const standard = this.#params.default(name);
    if (standard !== undefined) values.push(this.#value(name, standard.value));
    return values.length === 0 ? undefined : values.reduce(compose);
  }

  #value(name: string, value: unknown, place?: ParamSource): unknown {
    const opened = this.#secrets !== 'sealed' && place ? this.#params.reveal({ ...place, value }) : value;
    const isSecret = this.#params.isSecure(name) || isSecureData(value);
    return isSecret && this.#secrets === 'masked' ? masked(opened) : opened;
  }
}

function compose(first: unknown, second: unknown): unknown {
  if (Array.isArray(first) && Array.isArray(second)) return [...first, ...second];
  if (!isObject(first) || !isObject(second)) return first;
  const entries = Object.entries(first).map(([key, value]): [string, unknown] => [
    key,
    Object.hasOwn(second, key) ? compose(value, second[key]) : value,
  ]);
  return { ...second, ...Object.fromEntries(entries) };
}

/** A placeholder of the same shape that reveals nothing of the value. */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, masked(item)]));
  if (typeof value === 'string') return '***';
  return typeof value === 'number' ? 0 : value === null ? null : false;
}
