import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { makeFolder, writeWhole } from '../files/index.ts';
import { isObject, ModelError } from '../models/index.ts';
import { isOfBuild, names } from './add-files.ts';
import { type Catalog, catalogPack, newest, readCatalog, versionOf } from './catalog.ts';
import { describe, repeated } from './describe.ts';
import { LARGEST_PACK, parsePack } from './download.ts';
import { fileSum } from './file-sum.ts';
import { type CatalogItem, isPlain } from './item.ts';

/** One version of a pack or provider in the folder. */
type Found = Pick<CatalogItem, 'Name' | 'ActualVersion' | 'ContentType' | 'Source' | 'Shasum256' | 'Meta'>;

export interface BuildOptions {
  /** Future URL of the folder. Without it, Sources are relative to it. */
  url: string | undefined;
  /** Name of the catalog. Clients look for `rackn-catalog`. */
  name: string;
  signal: AbortSignal;
}

/**
 * Builds the catalog of a folder: content packs as `NAME/VERSION.json`, providers as `NAME/VERSION/ARCH/OS/NAME`. There
 * is an item for each version, one called `stable` for the newest release (or the newest pre-release if there are no
 * releases), and one called `tip` for the newest version. Writes it to `CATALOG.json` and, with a version that
 * increases when something has changed, to `CATALOG/VERSION.json`. Throws ModelError 400.
 */
export async function buildCatalog(directory: string, { url, name, signal }: BuildOptions): Promise<Catalog> {
  if (!isPlain(name)) throw new ModelError(400, `name: ${JSON.stringify(name)} cannot be a file name`);
  if (url !== undefined && (!URL.canParse(url) || !/^https?:\/\//.test(url)))
    throw new ModelError(400, `url: expected the http or https URL that the folder will have, found ${url}`);
  const found: Found[] = [];
  for (const folder of await names(directory)) {
    if (folder === name || isOfBuild(folder) || !isPlain(folder)) continue;
    for (const version of await versionsIn(directory, folder, url, signal)) found.push(version);
  }
  const items = new Map(itemsOf(found).map((item) => [item.Id, item]));
  const catalog = { meta: await nextMeta(directory, name, items), items };
  const text = `${JSON.stringify(catalogPack(catalog), null, 2)}\n`;
  await makeFolder(join(directory, name));
  await writeWhole(join(directory, name, `${catalog.meta.Version}.json`), text);
  await writeWhole(join(directory, `${name}.json`), text);
  return catalog;
}

async function versionsIn(
  directory: string,
  name: string,
  url: string | undefined,
  signal: AbortSignal,
): Promise<Found[]> {
  const found: Found[] = [];
  for (const entry of await names(join(directory, name))) {
    const path = join(directory, name, entry);
    const place = [encodeURIComponent(name), encodeURIComponent(entry)].join('/');
    const source = url === undefined ? place : `${url.replace(/\/$/, '')}/${place}`;
    const isFolder = (await stat(path)).isDirectory();
    const version = isFolder ? entry : entry.replace(/\.json$/, '');
    if (versionOf(version) === undefined || (!isFolder && version === entry)) continue;
    const one = isFolder
      ? await provider(path, name, version, source, signal)
      : await pack(path, name, version, source);
    if (one === undefined) continue;
    if (found.some(({ ActualVersion }) => ActualVersion === version))
      throw new ModelError(
        400,
        `${join(directory, name)}: ${version} is a provider and a content pack; name one otherwise`,
      );
    found.push(one);
  }
  return found;
}

async function provider(
  place: string,
  name: string,
  version: string,
  source: string,
  signal: AbortSignal,
): Promise<Found | undefined> {
  const sums: Record<string, string> = {};
  let meta: Record<string, string> = {};
  for (const arch of await names(place)) {
    for (const os of await names(join(place, arch))) {
      const file = join(place, arch, os, name);
      if ((await stat(file).catch(() => undefined))?.isFile() !== true) continue;
      sums[`${arch}/${os}`] = await fileSum(file);
      const is = await describe(file, signal);
      if (is !== undefined && (is.name !== name || is.version !== version))
        throw new ModelError(400, `${file}: it says that it is ${is.name} ${is.version}`);
      meta = is?.meta ?? meta;
    }
  }
  if (Object.keys(sums).length === 0) return undefined;
  const ContentType = 'PluginProvider';
  return { Name: name, ActualVersion: version, ContentType, Source: source, Shasum256: sums, Meta: meta };
}

async function pack(file: string, name: string, version: string, source: string): Promise<Found> {
  const bytes = await readFile(file);
  const refuse = (problem: string) => new ModelError(400, `${file}: ${problem}`);
  if (bytes.length > LARGEST_PACK) throw refuse('is too large for a content pack');
  let value: unknown;
  try {
    value = parsePack(bytes);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
  const meta = isObject(value) && isObject(value.meta) ? value.meta : {};
  if (meta.Name !== name || meta.Version !== version)
    throw refuse(`it says that it is ${meta.Name} ${meta.Version}`);
  return {
    Name: name,
    ActualVersion: version,
    ContentType: 'ContentPackage',
    Source: source,
    Shasum256: { 'any/any': await fileSum(file) },
    Meta: repeated(meta),
  };
}

/** Items by Id: each version, `stable` and `tip`. */
function itemsOf(found: readonly Found[]): CatalogItem[] {
  const items = [...Map.groupBy(found, ({ Name }) => Name).values()].flatMap((versions) => {
    const all = versions.map(({ ActualVersion }) => ActualVersion);
    const releases = all.filter((version) => versionOf(version)?.pre.length === 0);
    const tip = newest(all);
    const stable = newest(releases) ?? tip;
    return versions.flatMap((one) => [
      item(one, one.ActualVersion),
      ...(one.ActualVersion === stable ? [item(one, 'stable')] : []),
      ...(one.ActualVersion === tip ? [item(one, 'tip')] : []),
    ]);
  });
  return items.sort((a, b) => (a.Id < b.Id ? -1 : 1));
}

function item(found: Found, version: string): CatalogItem {
  const Id = `${found.Name}-${version}`;
  return {
    ...found,
    Id,
    Type: 'catalog_items',
    Version: version,
    NOJQSource: `${Id}:::${found.Source}`,
    Tip: version === 'tip',
    HotFix: false,
  };
}

/** Meta data of a catalog. The version is that of the previous catalog if it has the same items, else the next one. */
async function nextMeta(directory: string, name: string, items: Catalog['items']) {
  const versions = (await names(join(directory, name))).map((file) => file.replace(/\.json$/, ''));
  const last = newest(versions.filter((version) => versionOf(version) !== undefined));
  const before = last === undefined ? undefined : await readBefore(join(directory, name, `${last}.json`));
  const same = before !== undefined && isDeepStrictEqual(new Map(before.items), items);
  return {
    Name: name,
    Version: last !== undefined && same ? last : nextVersion(last),
    Description: 'What can be installed on endpoints',
    Type: 'dynamic',
  };
}

async function readBefore(file: string): Promise<Catalog | undefined> {
  try {
    return readCatalog(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** The catalog version after `version`. */
export function nextVersion(version: string | undefined): string {
  const read = version === undefined ? undefined : versionOf(version);
  return read === undefined ? 'v1.0.0' : `v${read.major}.${read.minor}.${read.patch + 1n}`;
}
