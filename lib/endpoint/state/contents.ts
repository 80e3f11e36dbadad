import { createHash } from 'node:crypto';
import {
  isObject,
  META_FIELDS,
  ModelError,
  type PluginProvider,
  prerequisiteVersion,
  type RawModel,
} from '../../models/index.ts';
import { keyText, readYaml } from '../../yaml/index.ts';
import { BASIC_STORE, GLOBAL_PROFILE } from './basic-store.ts';
import { dependentProblems, requirementProblems } from './layer-requirements.ts';
import type { Objects, Requester } from './objects.ts';

/** Types that others refer to; their objects are added first. */
const FIRST = ['params', 'templates', 'tasks', 'bootenvs', 'profiles', 'stages', 'workflows'];

/** The layer of objects created by clients. */
const BACKING_STORE = {
  Name: 'BackingStore',
  Description: 'Writable backing store',
  Version: '0.0.0',
  Type: 'writable',
};

interface Pack {
  meta: RawModel;
  sections: Record<string, RawModel>;
}

export interface Summary {
  meta: RawModel;
  Counts: Record<string, number>;
  Warnings: string[];
}

/** Content packs: layers of objects that are added and removed together and are read-only. */
export class Contents {
  readonly #objects: Objects;

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  /** Adds the basic objects to an empty store. */
  ensureBasics(): void {
    const requester: Requester = { principal: 'system', method: 'POST' };
    for (const prefix of this.#objects.store.prefixes()) {
      if (this.#objects.kind(prefix) === undefined) this.#objects.register(prefix, {});
    }
    this.#restoreBasics(requester);
    if (this.#objects.find('profiles', 'global') === undefined)
      this.#objects.create('profiles', GLOBAL_PROFILE, requester);
  }

  list(): Summary[] {
    const { store } = this.#objects;
    const meta = {
      Name: 'BackingStore',
      Description: 'Writable backing store',
      Version: '0.0.0',
      Type: 'writable',
    };
    const none = Object.fromEntries(this.#objects.names().map((name) => [name, 0]));
    return [
      { meta: shownMeta(meta), Counts: { ...none, ...store.layerCounts('') }, Warnings: [] },
      ...store.layers().map(({ name }) => this.#summary(name)),
    ];
  }

  /** A pack as it was added, with secure params decrypted. Throws ModelError 404. */
  get(name: string, method: string): Pack {
    const writable = name === 'BackingStore';
    const meta = writable ? { Name: name, Type: 'writable' } : this.#meta(name, method);
    const sections = new Map<string, [string, unknown][]>();
    for (const { prefix, key } of this.#objects.store.layerKeys(writable ? '' : name)) {
      const stored = this.#objects.stored(prefix, key);
      if (stored === undefined || prefix === 'users') continue;
      const { params } = this.#objects;
      // State fields are not part of the pack.
      const object = { ...stored.object, Validated: false, Available: false, Errors: [], ReadOnly: false };
      const opened = isObject(stored.object.Params)
        ? { ...object, Params: params.of(prefix, key, stored.object, { decode: true }) }
        : object;
      const section = sections.get(prefix) ?? [];
      section.push([key, opened]);
      sections.set(prefix, section);
    }
    const whole = [...sections].map(([prefix, entries]) => [prefix, Object.fromEntries(entries)] as const);
    return { meta: shownMeta(meta), sections: Object.fromEntries(whole) };
  }

  /** Adds a pack. Throws ModelError: 409 when it or one of its objects exists; 400 and 422 for invalid content. */
  create(value: unknown, requester: Requester, replaceWritable: boolean): Summary {
    const pack = readPack(value, requester.method);
    const name = String(pack.meta.Name);
    if (this.#objects.store.layer(name) !== undefined || name === 'BackingStore') {
      throw new ModelError(409, `Content ${name} already exists`, {
        model: 'contents',
        key: name,
        type: requester.method,
      });
    }
    this.#checkRequirements(pack.meta);
    return this.#put(pack, requester, replaceWritable);
  }

  /** Adds a pack unless one of its name exists. Throws ModelError like `create`. */
  ensure(pack: { meta: { Name: string } }): void {
    if (this.#objects.store.layer(pack.meta.Name) !== undefined) return;
    this.create(pack, { principal: 'system', method: 'POST' }, false);
  }

  /** Replaces a pack; objects that it no longer has are removed. */
  replace(name: string, value: unknown, requester: Requester, replaceWritable: boolean): Summary {
    const pack = readPack(value, requester.method);
    this.#checkOwn(name, 'replaced', requester);
    if (pack.meta.Name !== name) {
      throw new ModelError(400, `Cannot change name from ${name} to ${pack.meta.Name}`, {
        model: 'contents',
        key: name,
        type: requester.method,
      });
    }
    this.#checkRequirements(pack.meta);
    return this.#put(pack, requester, replaceWritable);
  }

  /** Removes a pack. Throws ModelError, also when another pack requires it. */
  remove(name: string, requester: Requester): void {
    this.#checkOwn(name, 'removed', requester);
    const layers = this.#layers();
    layers.delete(name);
    refuseRequirements(name, dependentProblems(name, layers));
    this.#remove(name, requester);
  }

  /** Throws ModelError 422 when the requirements of the pack, or of another one after this change, are not met. */
  #checkRequirements(meta: RawModel): void {
    const name = String(meta.Name);
    const layers = this.#layers().set(name, meta);
    refuseRequirements(name, [...requirementProblems(meta, layers), ...dependentProblems(name, layers)]);
  }

  #layers(): Map<string, RawModel> {
    const layers = this.#objects.store.layers();
    return new Map([
      [BACKING_STORE.Name, BACKING_STORE],
      ...layers.map(({ name, meta }): [string, RawModel] => [name, JSON.parse(meta) as RawModel]),
    ]);
  }

  /**
   * Throws ModelError: 404 when there is no such pack, 403 when it belongs to the endpoint. A provider's pack can be
   * removed, but not replaced; it comes back when the provider is loaded again.
   */
  #checkOwn(name: string, change: 'replaced' | 'removed', { method }: Requester): void {
    const meta = this.#meta(name, method);
    if (meta.Type !== 'basic' && !(isProviders(meta) && change === 'replaced')) return;
    throw new ModelError(403, `Content ${name} cannot be ${change} by itself`, {
      model: 'contents',
      key: name,
      type: method,
    });
  }

  /** Adds or replaces the pack of a provider. Throws ModelError like `checkProvider`. */
  putProvider(provider: PluginProvider): void {
    this.checkProvider(provider);
    this.#put(providerPack(provider), providerRequester(provider.Name, 'POST'), true, true);
  }

  /**
   * Throws ModelError for a provider whose pack dr-provision would refuse: 422 for unmet requirements, or when a pack
   * of its name exists that did not come with a provider; 400 for invalid content.
   */
  checkProvider(provider: PluginProvider): void {
    const { meta } = providerPack(provider);
    const { Name } = provider;
    const layers = this.#layers();
    const before = layers.get(Name);
    if (before !== undefined && !isProviders(before)) {
      refuseRequirements(Name, [
        `A store named ${Name} exists in the datastack twice! destroy the content pack ${Name} first`,
      ]);
    }
    refuseRequirements(Name, requirementProblems(meta, layers.set(Name, meta)));
  }

  removeProvider(name: string): void {
    if (isProviders(this.#layers().get(name))) this.#remove(name, providerRequester(name, 'DELETE'));
  }

  /** Removes the packs of providers that are not in `names`. Uploaded packs stay. */
  keepProviders(names: ReadonlySet<string>): void {
    for (const name of this.#layers().keys()) if (!names.has(name)) this.removeProvider(name);
  }

  /** Restores basic objects that a removed pack had replaced. */
  #restoreBasics(requester: Requester): void {
    const { meta, sections } = BASIC_STORE;
    const name = String(meta.Name);
    const digest = digestOf(BASIC_STORE);
    const layer = this.#objects.store.layer(name);
    const before = layer === undefined ? undefined : (JSON.parse(layer) as RawModel).digest;
    this.#objects.write(() => {
      this.#objects.store.putLayer(name, JSON.stringify({ ...meta, digest }));
      for (const [prefix, section] of Object.entries(sections)) {
        for (const [key, object] of Object.entries(section)) {
          const stored = this.#objects.stored(prefix, key);
          // Basic objects of an older version of this program are updated.
          const same = stored !== undefined && (stored.layer !== name || digest === before);
          if (!same) this.#objects.putInLayer(prefix, object, name, requester, () => {});
        }
      }
    });
  }

  #remove(name: string, requester: Requester): void {
    const { store } = this.#objects;
    const summary = this.#summary(name);
    this.#objects.write(() => {
      for (const { prefix, key } of store.layerKeys(name))
        this.#objects.removeFromLayer(prefix, key, requester);
      store.removeLayer(name);
      this.#restoreBasics(requester);
      this.#objects.tell({
        Type: 'contents',
        Action: 'delete',
        Key: name,
        Principal: requester.principal,
        Object: summary,
      });
    });
  }

  #put(pack: Pack, requester: Requester, replaceWritable: boolean, fromProvider = false): Summary {
    const name = String(pack.meta.Name);
    const { store } = this.#objects;
    const before = store.layer(name);
    const digest = digestOf(fromProvider ? { ...pack, fromProvider } : pack);
    // A provider's pack is added at each start and has rarely changed.
    if (before !== undefined && (JSON.parse(before) as RawModel).digest === digest)
      return this.#summary(name);
    const action = before === undefined ? 'create' : 'update';
    const over = [String(BASIC_STORE.meta.Name), ...(replaceWritable ? [''] : [])];
    return this.#objects.write(() => {
      const left = new Set(store.layerKeys(name).map(({ prefix, key }) => `${prefix}\n${key}`));
      store.putLayer(name, JSON.stringify({ ...pack.meta, digest, fromProvider }));
      for (const prefix of Object.keys(pack.sections).sort((a, b) => rank(a) - rank(b))) {
        if (this.#objects.kind(prefix) === undefined) this.#objects.register(prefix, {});
        for (const [key, object] of Object.entries(pack.sections[prefix] ?? {})) {
          const whole = this.#objects.withKey(prefix, key, object);
          const put = this.#objects.putInLayer(prefix, whole, name, requester, (place, layer) => {
            if (layer === name || over.includes(layer)) return;
            throw new ModelError(
              422,
              `${place} in layer ${layerTitle(pack.meta)} would override layer ${this.#titleOf(layer)}`,
              { model: 'contents', key: name, type: requester.method },
            );
          });
          left.delete(`${prefix}\n${put}`);
        }
      }
      for (const place of left) {
        const [prefix = '', key = ''] = place.split('\n');
        this.#objects.removeFromLayer(prefix, key, requester);
      }
      const summary = this.#summary(name);
      this.#objects.tell({
        Type: 'contents',
        Action: action,
        Key: name,
        Principal: requester.principal,
        Object: summary,
      });
      return summary;
    });
  }

  #summary(name: string): Summary {
    const { store } = this.#objects;
    const Warnings = store.layerKeys(name).flatMap(({ prefix, key }) => {
      const errors = this.#objects.find(prefix, key)?.object.Errors;
      return Array.isArray(errors) ? errors.map((error) => `${prefix}/${key}: ${error}`) : [];
    });
    return { meta: shownMeta(this.#meta(name, 'GET')), Counts: store.layerCounts(name), Warnings };
  }

  #titleOf(layer: string): string {
    const name = layer || 'BackingStore';
    return layerTitle(layer === '' ? { Name: name, Type: 'writable' } : this.#meta(name, 'GET'));
  }

  #meta(name: string, method: string): RawModel {
    const meta = this.#objects.store.layer(name);
    if (meta === undefined) {
      throw new ModelError(404, 'No such content store', { model: 'contents', key: name, type: method });
    }
    return JSON.parse(meta) as RawModel;
  }
}

function rank(prefix: string): number {
  const at = FIRST.indexOf(prefix);
  return at < 0 ? FIRST.length : at;
}

function refuseRequirements(name: string, problems: readonly string[]): void {
  if (problems.length > 0)
    throw new ModelError(422, problems, { model: 'contents', key: name, type: 'STORE_ERROR' });
}

function providerRequester(provider: string, method: string): Requester {
  return { principal: `plugin_provider:${provider}`, method };
}

/** The pack of a provider, with the provider's name and version. Throws ModelError. */
function providerPack(provider: PluginProvider): Pack {
  const pack = readPack(contentOf(provider), 'POST', provider.Name);
  const { meta } = pack;
  Object.assign(meta, { Name: provider.Name, Version: provider.Version, Type: 'plugin' });
  if (['', 'Unspecified', undefined].includes(meta.Description as string)) {
    meta.Description = `Content layer for ${provider.Name} plugin provider`;
  }
  if (['', 'Unspecified', undefined].includes(meta.Source as string)) meta.Source = 'FromPluginProvider';
  return pack;
}

/** The Content of a provider. Numbers and booleans in its meta data become strings, as in Go's YAML parser. */
function contentOf({ Name, Content }: PluginProvider): unknown {
  if (!Content) return {};
  try {
    const content = readYaml(Content) ?? {};
    if (!isObject(content) || !isObject(content.meta)) return content;
    const meta = Object.entries(content.meta).map(([field, value]) => [field, keyText(value) ?? value]);
    return { ...content, meta: Object.fromEntries(meta) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError(400, `Content is not YAML: ${reason}`, { model: 'plugin_providers', key: Name });
  }
}

/** Throws ModelError 422 for a version that dr-provision cannot parse, without regard to its pre-release. */
function checkVersion(name: string, version: string, method: string): void {
  try {
    prerequisiteVersion(version);
  } catch (cause) {
    const problem = cause instanceof ModelError ? cause.messages.join('; ') : String(cause);
    const message = `Layer ${name}: invalid version ${version}: ${problem}`;
    throw new ModelError(422, message, { model: 'contents', key: name, type: method, cause });
  }
}

function readPack(value: unknown, method: string, name = ''): Pack {
  const refuse = (problem: string) =>
    new ModelError(400, problem, { model: 'contents', key: name, type: method });
  if (!isObject(value)) throw refuse('expected a content pack: an object with meta and sections');
  const { meta = {}, sections = {} } = value;
  if (!isObject(meta)) throw refuse('meta: expected an object');
  if (!isObject(sections)) throw refuse('sections: expected an object');
  for (const field of META_FIELDS) {
    if (meta[field] !== undefined && typeof meta[field] !== 'string')
      throw refuse(`meta.${field}: expected text`);
  }
  if (name === '' && (meta.Name ?? '') === '') {
    throw new ModelError(422, 'Store at content- has no Name metadata', { model: 'contents', type: method });
  }
  // A provider's pack has the provider's version, which is checked elsewhere.
  if (name === '') checkVersion(String(meta.Name), String(meta.Version ?? ''), method);
  for (const [prefix, section] of Object.entries(sections)) {
    if (!isObject(section)) throw refuse(`sections.${prefix}: expected an object`);
    if (!/^[a-z][a-z0-9_-]*$/.test(prefix)) throw refuse(`sections: invalid name ${prefix}`);
  }
  return { meta: { ...meta, Type: meta.Type || 'dynamic' }, sections: sections as Record<string, RawModel> };
}

/** Meta data with all fields, including those that follow from the type. */
function shownMeta(meta: RawModel): RawModel {
  const fields = Object.fromEntries(META_FIELDS.map((field) => [field, meta[field] ?? '']));
  return {
    ...fields,
    Writable: meta.Type === 'writable',
    Overwritable: meta.Type === 'basic' || meta.Type === 'default',
  };
}

/**
 * Whether a layer came with a provider. Its Type does not tell, since a user can upload a pack of type `plugin`; it is
 * used only for layers stored by earlier versions, which did not record it.
 */
function isProviders(meta: RawModel | undefined): boolean {
  return meta?.fromProvider === undefined ? meta?.Type === 'plugin' : meta.fromProvider === true;
}

/** The name of a layer in dr-provision's errors: `dynamic-my-pack`. */
function layerTitle({ Name, Type }: RawModel): string {
  return `${Type}-${Name}`;
}

function digestOf(pack: object): string {
  return createHash('sha256').update(JSON.stringify(pack)).digest('hex');
}
