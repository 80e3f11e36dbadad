import type { ValidateFunction } from 'ajv-draft-04';
import { isObject, ModelError, type RawModel } from '../../models/index.ts';
import { compileSchema, schemaProblems } from './schema.ts';
import { isSecureData, open, publicKey, seal } from './secure-data.ts';
import { namesIn } from './shape.ts';
import { objectIn, type Store } from './store.ts';

interface Definition {
  revision: number;
  secure: boolean;
  default: { value: unknown } | undefined;
  validate: ValidateFunction | undefined;
}

/** A param's value, and the object that it comes from, whose key decrypts it. */
interface Sourced {
  value: unknown;
  prefix: string;
  key: string;
}

/** The params of an object, whose key decrypts them. */
export interface ParamSource {
  params: RawModel;
  prefix: string;
  key: string;
}

const GLOBAL_PROFILE = 'global';
/** How many characters of a value an error shows. */
const MOST_SHOWN = 200;

/** Applies the definitions of params: schemas, defaults, secrecy, and inheritance. */
export class Params {
  readonly #store: Store;
  readonly #definitions = new Map<string, Definition>();

  constructor(store: Store) {
    this.#store = store;
  }

  #definition(name: string): Definition | undefined {
    const stored = this.#store.get('params', name);
    if (stored === undefined) {
      this.#definitions.delete(name);
      return undefined;
    }
    const known = this.#definitions.get(name);
    if (known?.revision === stored.revision) return known;
    const { Secure, Schema } = objectIn('params', name, stored.json);
    const schema = isObject(Schema) ? Schema : {};
    const definition: Definition = {
      revision: stored.revision,
      secure: Secure === true,
      default: 'default' in schema ? { value: schema.default } : undefined,
      validate: compileSchema(schema),
    };
    this.#definitions.set(name, definition);
    return definition;
  }

  exists(name: string): boolean {
    return this.#definition(name) !== undefined;
  }

  isSecure(name: string): boolean {
    return this.#definition(name)?.secure === true;
  }

  default(name: string): { value: unknown } | undefined {
    return this.#definition(name)?.default;
  }

  /** The problem with an unencrypted `value` of param `name`; undefined when it is valid. */
  problem(name: string, value: unknown): string | undefined {
    const validate = this.#definition(name)?.validate;
    const problems = validate === undefined ? [] : schemaProblems(validate, value);
    return problems.length === 0 ? undefined : `: ${problems.join(', ')}`;
  }

  publicKey(prefix: string, key: string): string {
    return Buffer.from(publicKey(this.#store.privateKey(prefix, key))).toString('base64');
  }

  /**
   * `params` in the form in which the object stores them: secure ones encrypted with the object's key. As in
   * dr-provision they must arrive encrypted; with `seal` (for content packs) they are encrypted here. Throws ModelError
   * 422, without secret values, when a value does not match its schema, when a secure one is not encrypted, and when it
   * was encrypted for another object.
   */
  admit(prefix: string, key: string, params: RawModel, { seal: seals }: { seal: boolean }): RawModel {
    const admitted = new Map(Object.entries(params));
    const problems: string[] = [];
    for (const [name, given] of Object.entries(params)) {
      const secure = this.isSecure(name);
      let value = given;
      if (secure && isSecureData(given)) {
        const opened = open(this.#store.privateKey(prefix, key), given);
        if (opened === undefined) {
          problems.push(`Key '${name}': sealed with a key that is not this object's`);
          continue;
        }
        value = opened.value;
      } else if (secure && !seals) {
        problems.push(
          `Key '${name}': invalid val: ${notSealed(given)}; set it as drpcli does, which seals it: ${prefix} set KEY param ${name} to VALUE`,
        );
        continue;
      } else if (secure) {
        admitted.set(name, seal(publicKey(this.#store.privateKey(prefix, key)), given));
      }
      const problem = this.problem(name, value);
      // The error must not contain a secret.
      const shown = secure ? '' : ` '${short(value)}'`;
      if (problem !== undefined) problems.push(`Key '${name}': invalid val${shown}: ${problem}`);
    }
    if (problems.length > 0)
      throw new ModelError(422, problems, { model: prefix, key, type: 'ValidationError' });
    return Object.fromEntries(admitted);
  }

  /** The decrypted value; unencrypted values are returned unchanged. */
  reveal({ value, prefix, key }: Sourced): unknown {
    if (!isSecureData(value)) return value;
    const opened = open(this.#store.privateKey(prefix, key), value);
    return opened === undefined ? value : opened.value;
  }

  /**
   * The params of an object. With `aggregate` also those of its profiles in order (each with the profiles that it
   * lists), of its stage, and of the global profile; the first source wins. Without defaults: see `default`.
   */
  of(
    prefix: string,
    key: string,
    object: RawModel,
    how: { aggregate?: boolean; decode?: boolean },
  ): RawModel {
    const found = new Map<string, Sourced>();
    for (const { params, ...place } of this.sources(prefix, key, object, how.aggregate === true)) {
      for (const [name, value] of Object.entries(params))
        if (!found.has(name)) found.set(name, { value, ...place });
    }
    const entries = [...found].map(([name, sourced]): [string, unknown] => [
      name,
      how.decode ? this.reveal(sourced) : sourced.value,
    ]);
    return Object.fromEntries(entries);
  }

  /** A param of an object or its sources, as stored; the default when none has it. */
  inherited(
    { prefix, key, object }: { prefix: string; key: string; object: RawModel },
    name: string,
  ): unknown {
    for (const { params } of this.sources(prefix, key, object, true))
      if (Object.hasOwn(params, name)) return params[name];
    return this.default(name)?.value;
  }

  /** The sources of an object's params, in order of precedence; only the object itself without `aggregate`. */
  *sources(prefix: string, key: string, object: RawModel, aggregate: boolean): Iterable<ParamSource> {
    if (isObject(object.Params)) yield { params: object.Params, prefix, key };
    if (!aggregate) return;
    const seen = new Set<string>(prefix === 'profiles' ? [key] : []);
    yield* this.#profiles(object, seen);
    const stage = typeof object.Stage === 'string' ? this.#load('stages', object.Stage) : undefined;
    if (stage !== undefined) {
      if (isObject(stage.Params)) yield { params: stage.Params, prefix: 'stages', key: String(object.Stage) };
      yield* this.#profiles(stage, seen);
    }
    yield* this.#profiles({ Profiles: [GLOBAL_PROFILE] }, seen);
  }

  *#profiles({ Profiles }: RawModel, seen: Set<string>): Iterable<ParamSource> {
    // Not recursive: profiles in profiles can be thousands deep. The next one is the last.
    const waiting = namesIn(Profiles ?? [])
      .map(String)
      .reverse();
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const profile = this.#load('profiles', name);
      if (profile === undefined) continue;
      if (isObject(profile.Params)) yield { params: profile.Params, prefix: 'profiles', key: name };
      for (const inner of namesIn(profile.Profiles ?? []).reverse()) waiting.push(String(inner));
    }
  }

  #load(prefix: string, key: string): RawModel | undefined {
    const stored = this.#store.get(prefix, key);
    return stored === undefined ? undefined : objectIn(prefix, key, stored.json);
  }
}

/** Why a value is not SecureData, in dr-provision's words but without the value. */
function notSealed(value: unknown): string {
  if (value === null || isObject(value)) return 'Key must be 32 bytes long';
  const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return `json: cannot unmarshal ${type} into Go value of type models.SecureData`;
}

/** A value in the form for errors. */
function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text;
}
