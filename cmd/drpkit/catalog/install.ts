import type { Client, Content } from '../../../lib/api/index.ts';
import type { Catalog, CatalogItem, Platform } from '../../../lib/catalog/index.ts';
import {
  isObject,
  ModelError,
  prerequisitesIn,
  prerequisiteVersion,
  readVersionRange,
} from '../../../lib/models/index.ts';
import { type Command, takes } from '../command.ts';
import { uploadContent } from '../contents/layers.ts';
import type { Context } from '../context.ts';
import type { Flag } from '../flags.ts';
import { downloadsOf, progressOf } from './downloads.ts';

/** The content pack that every endpoint includes. */
const BASIC = 'BasicStore';

/** A downloaded and verified item. */
interface Ready {
  item: CatalogItem;
  file: string;
  /** Set for content packs. */
  content?: Content;
}

export function installCommand(flags: readonly Flag[]): Command {
  return {
    use: 'install [item]',
    summary: 'Install an item at the endpoint, after the packs that it requires',
    details: `Everything is downloaded, and its SHA-256 sum compared with that in the catalog, before anything is sent to the endpoint.
Packs that the item requires and that the endpoint has not got come from the catalog, too, and first.`,
    examples: [
      'install ipmi',
      'install ipmi --version v1.0.0 -c http://192.0.2.1:8091/files/rebar-catalog/rackn-catalog.json',
    ],
    flags: [
      ...flags,
      {
        name: 'replace-writable',
        about: 'Take the place of objects of the same names that were made by hand',
      },
    ],
    check: takes([1]),
    run: install,
  };
}

async function install(context: Context): Promise<void> {
  const [{ fetchCatalog }, { mkdtemp, rm }, { tmpdir }, { join }] = await Promise.all([
    import('../../../lib/catalog/index.ts'),
    import('node:fs/promises'),
    import('node:os'),
    import('node:path'),
  ]);
  const catalog = await fetchCatalog(context.text('catalog'), downloadsOf(context));
  const endpoint = await context.endpoint();
  const { arch, os } = await endpoint.info();
  const folder = await mkdtemp(join(tmpdir(), 'drpkit-catalog-'));
  try {
    const ready: Ready[] = [];
    const wish = { name: context.arg(0), version: context.text('version') };
    const plan = new Plan(context, catalog, await packsOf(endpoint), { arch, os }, folder, ready);
    await plan.add(wish.name, wish.version);
    for (const [at, one] of ready.entries()) {
      const result = await upload(endpoint, one, context.on('replace-writable'));
      if (at === ready.length - 1) await context.show(result);
      else context.note(`Installed ${one.item.Name} ${one.item.ActualVersion}, which ${wish.name} requires`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Versions of the endpoint's packs by name. */
async function packsOf(endpoint: Client): Promise<Map<string, string>> {
  const packs = await endpoint.contents().list();
  return new Map(packs.map(({ meta: { Name, Version = '' } }) => [Name, Version]));
}

/** Downloads the items to install, required ones first. */
class Plan {
  readonly #context: Context;
  readonly #catalog: Catalog & { place: string };
  readonly #installed: ReadonlyMap<string, string>;
  readonly #platform: Platform;
  readonly #folder: string;
  readonly #ready: Ready[];
  /** Names from the requested item to the current one. */
  readonly #way: string[] = [];

  constructor(
    context: Context,
    catalog: Catalog & { place: string },
    installed: ReadonlyMap<string, string>,
    platform: Platform,
    folder: string,
    ready: Ready[],
  ) {
    this.#context = context;
    this.#catalog = catalog;
    this.#installed = installed;
    this.#platform = platform;
    this.#folder = folder;
    this.#ready = ready;
  }

  /** Throws ModelError before anything is sent to the endpoint. */
  async add(name: string, version: string, requirement?: string): Promise<void> {
    if (this.#ready.some(({ item }) => item.Name === name)) return;
    if (this.#way.includes(name)) {
      throw new ModelError(400, `${[...this.#way, name].join(' requires ')}: none of them can be the first`);
    }
    const { findItem } = await import('../../../lib/catalog/index.ts');
    const by = this.#way.at(-1);
    let item: CatalogItem;
    try {
      item = findItem(this.#catalog, name, version);
    } catch (error) {
      if (by === undefined || !(error instanceof ModelError)) throw error;
      const advice = 'upload it to the endpoint first, or name a catalog that has it';
      throw new ModelError(404, `${by} requires ${name}: ${error.messages[0]}; ${advice}`, { cause: error });
    }
    if (requirement !== undefined && !fits(item.ActualVersion, requirement)) {
      throw new ModelError(
        400,
        `${by} requires ${name} ${requirement}; ${version} is ${item.ActualVersion} in the catalog`,
      );
    }
    this.#way.push(name);
    const one = await this.#download(item);
    // For a provider, only the catalog tells this without running it.
    const wanted = one.content?.meta.Prerequisites ?? item.Meta.Prerequisites ?? '';
    const ofOthers = version === 'tip' ? 'tip' : 'stable';
    for (const { name: required, requirement } of prerequisitesIn(wanted)) {
      const there = this.#installed.get(required);
      if (required === BASIC || (there !== undefined && fits(there, requirement))) continue;
      await this.add(required, ofOthers, requirement);
    }
    this.#way.pop();
    this.#ready.push(one);
  }

  async #download(item: CatalogItem): Promise<Ready> {
    const [{ downloadItem, parsePack, problemOf }, { readFile }, { join }] = await Promise.all([
      import('../../../lib/catalog/index.ts'),
      import('node:fs/promises'),
      import('node:path'),
    ]);
    const file = join(this.#folder, String(this.#ready.length + this.#way.length));
    const options = downloadsOf(this.#context, progressOf(this.#context, item));
    await downloadItem(this.#catalog, item, this.#platform, file, options);
    if (item.ContentType !== 'ContentPackage') return { item, file };
    let value: unknown;
    try {
      value = parsePack(await readFile(file));
    } catch (error) {
      throw problemOf(item, 400, `is not a content pack: ${error instanceof Error ? error.message : error}`);
    }
    if (!isObject(value) || !isObject(value.meta) || value.meta.Name !== item.Name)
      throw problemOf(item, 400, `is not the content pack ${item.Name}`);
    return { item, file, content: value as unknown as Content };
  }
}

/** Throws ModelError 400 for an invalid range. */
function fits(version: string, requirement: string): boolean {
  const holds = readVersionRange(requirement);
  try {
    return holds(prerequisiteVersion(version));
  } catch (error) {
    if (error instanceof ModelError) return false;
    throw error;
  }
}

/** Uploads an item to the endpoint and returns the answer. */
async function upload(
  endpoint: Client,
  { item, file, content }: Ready,
  replaceWritable: boolean,
): Promise<unknown> {
  if (content !== undefined) return uploadContent(endpoint, content, { replaceWritable });
  switch (item.ContentType) {
    case 'PluginProvider':
      return endpoint.pluginProviders().upload(item.Name, { file }, { replaceWritable });
    case 'DRPUX':
      return endpoint.files().upload('ux/drp-ux.zip', { file }, { explode: true });
    case 'DRP': {
      const { createReadStream } = await import('node:fs');
      const { body } = await endpoint.send({
        method: 'POST',
        path: ['system', 'upgrade'],
        body: () => createReadStream(file),
      });
      return body;
    }
    default:
      throw new ModelError(
        400,
        `Don't know how to install ${item.Name} of type ${item.ContentType}: download it with catalog item download`,
      );
  }
}
