import type { Client } from '../../../lib/api/index.ts';
import type { Catalog, CatalogItem } from '../../../lib/catalog/index.ts';
import { compareVersions, ModelError, withoutLogins } from '../../../lib/models/index.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { downloadsOf, progressOf } from './downloads.ts';

/** Folder of the endpoint's own catalog, below `files`. */
const FOLDER = 'rebar-catalog';
const NAME = 'rackn-catalog';
const MOST_AT_ONCE = 20;

/** Updates the endpoint's own catalog. */
export const updateLocal: Command = {
  use: 'updateLocal',
  summary: "Bring the endpoint's own catalog up to date",
  details: `Downloads what the endpoint's newest catalog (files/rebar-catalog/rackn-catalog) does not have, checks the sums, and uploads
it to files/rebar-catalog, followed by a catalog that has it. Endpoints without a way to the internet install from there:
-c http://ENDPOINT:8091/files/rebar-catalog/rackn-catalog.json.`,
  flags: [
    {
      name: 'version',
      value: 'string',
      about: 'Only versions from this one on, or stable for what is called so; all but tip unless given',
    },
    { name: 'tip', about: 'What is called tip, too' },
    {
      name: 'concurrency',
      value: 'int',
      default: '1',
      about: `How many downloads at once, up to ${MOST_AT_ONCE}`,
    },
  ],
  async run(context) {
    const concurrency = context.number('concurrency');
    if (concurrency < 1 || concurrency > MOST_AT_ONCE)
      throw new ModelError(
        400,
        `Invalid value for concurrency: ${concurrency}. Max allowed is ${MOST_AT_ONCE}`,
      );
    const { catalogPack, fetchCatalog, only } = await import('../../../lib/catalog/index.ts');
    const wanted = await selection(context);
    const source = await fetchCatalog(context.text('catalog'), downloadsOf(context));
    const endpoint = await context.endpoint();
    const local = await localCatalog(endpoint);
    const missing = only(source, (item) => {
      return wanted(item) && local.items.get(item.Id)?.ActualVersion !== item.ActualVersion;
    });
    if (missing.items.size === 0) return context.say('The catalog of the endpoint has all of it.');

    await copyFiles(context, endpoint, source, [...missing.items.values()], concurrency);
    const { address, file_port: port } = await endpoint.info();
    const base = `http://${address.includes(':') ? `[${address}]` : address}:${port}/files`;
    const moved = [...missing.items].map(([id, item]): [string, CatalogItem] => [id, movedTo(base, item)]);
    const { nextVersion } = await import('../../../lib/catalog/index.ts');
    const Version = nextVersion(local.version);
    const meta = { ...source.meta, Name: NAME, Version };
    const text = JSON.stringify(catalogPack({ meta, items: new Map([...local.items, ...moved]) }), null, 2);
    for (const path of [`${FOLDER}/${NAME}/${Version}.json`, `${FOLDER}/${NAME}.json`])
      await endpoint.files().upload(path, Buffer.from(`${text}\n`));
    await context.say(`The catalog of the endpoint is ${base}/${FOLDER}/${NAME}.json, version ${Version}.`);
  },
};

/** The selected items, by drpcli's rules. Throws ModelError 400. */
async function selection(context: Context): Promise<(item: CatalogItem) => boolean> {
  const { versionOf } = await import('../../../lib/catalog/index.ts');
  const version = context.text('version');
  const tip = context.on('tip');
  if (version === '') return (item) => tip || !item.Tip;
  if (version === 'stable') return (item) => item.Version === 'stable' || (tip && item.Tip);
  const least = versionOf(version);
  if (least === undefined) throw new ModelError(400, `Invalid version: ${version}`);
  return (item) => {
    const actual = versionOf(item.ActualVersion);
    if (item.Version === 'stable' || actual === undefined || (item.Tip && !tip)) return false;
    return compareVersions(actual, least) >= 0;
  };
}

/** The endpoint's newest catalog; an empty one if it has none. */
async function localCatalog(endpoint: Client): Promise<Catalog & { version?: string }> {
  const { newest, parsePack, readCatalog } = await import('../../../lib/catalog/index.ts');
  const files = await endpoint
    .files()
    .list(`${FOLDER}/${NAME}`)
    .catch((error: unknown) => {
      if (error instanceof ModelError && error.code === 404) return [];
      throw error;
    });
  const versions = files
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length));
  const version = newest(versions);
  if (version === undefined) return { meta: {}, items: new Map() };
  const { buffer } = await import('node:stream/consumers');
  const bytes = await buffer(await endpoint.files().read(`${FOLDER}/${NAME}/${version}.json`));
  return { ...readCatalog(parsePack(bytes)), version };
}

/** Throws ModelError. All target paths are checked before the first file is copied. */
async function copyFiles(
  context: Context,
  endpoint: Client,
  source: Catalog & { place: string },
  items: readonly CatalogItem[],
  concurrency: number,
): Promise<void> {
  const [{ downloadItem, downloadUrl, platforms }, { mkdtemp, rm }, { tmpdir }, { join }] = await Promise.all(
    [
      import('../../../lib/catalog/index.ts'),
      import('node:fs/promises'),
      import('node:os'),
      import('node:path'),
    ],
  );
  const files = new Map(
    items.flatMap((item) =>
      platforms(item).map(
        (platform) => [localPath(item, downloadUrl(item, platform)), { item, platform }] as const,
      ),
    ),
  );
  const folder = await mkdtemp(join(tmpdir(), 'drpkit-catalog-'));
  const waiting = files.entries();
  const work = async () => {
    for (const [path, { item, platform }] of waiting) {
      const file = join(folder, encodeURIComponent(path));
      await downloadItem(source, item, platform, file, downloadsOf(context, progressOf(context, item)));
      await endpoint.files().upload(path, { file });
      await rm(file);
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, work));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The path of a URL below `files`: the part from `rebar-catalog/` on. Throws ModelError 400. */
function localPath(item: CatalogItem, url: string): string {
  const at = `/${url}`.indexOf('/rebar-catalog/');
  const path = decoded(at < 0 ? '' : url.slice(at));
  const segments = path.split('/');
  const good = segments.length > 1 && segments.every((segment) => /^[A-Za-z0-9][\w.+-]*$/.test(segment));
  if (good) return path;
  throw new ModelError(
    400,
    withoutLogins(
      `${item.Name} ${item.Version}: Source: expected .../rebar-catalog/ and then the names of folders, found ${url}`,
    ),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function movedTo(base: string, item: CatalogItem): CatalogItem {
  const path = localPath(item, item.Source).split('/').map(encodeURIComponent).join('/');
  const Source = `${base}/${path}`;
  return { ...item, Source, NOJQSource: `${item.Id}:::${Source}` };
}
