import type { CatalogItem } from '../../../lib/catalog/index.ts';
import { type Command, type Group, takes } from '../command.ts';
import type { Context } from '../context.ts';
import type { Flag } from '../flags.ts';
import { buildCommand } from './build.ts';
import { downloadsOf, progressOf } from './downloads.ts';
import { installCommand } from './install.ts';
import { updateLocal } from './update-local.ts';

const VERSION: Flag = {
  name: 'version',
  value: 'string',
  default: 'stable',
  about: 'Version of the item: stable, tip or the version itself',
};

/** Flags of all commands that read a catalog. */
const FLAGS: readonly Flag[] = [
  {
    name: 'catalog',
    short: 'c',
    value: 'string',
    env: 'RS_CATALOG',
    default: 'https://repo.rackn.io',
    about: 'The catalog: a URL or a file',
  },
  {
    name: 'download-proxy',
    short: 'D',
    value: 'string',
    env: 'RS_DOWNLOAD_PROXY',
    about: 'URL of the proxy for downloads; HTTP_PROXY and the like count otherwise',
  },
  { name: 'max-size', value: 'int', default: '1024', about: 'Largest file to download, in MiB' },
];

async function read(context: Context) {
  const { fetchCatalog } = await import('../../../lib/catalog/index.ts');
  return fetchCatalog(context.text('catalog'), downloadsOf(context));
}

const listCommand: Command = {
  use: 'list',
  summary: 'List the items of the catalog, with all that it says of them',
  examples: ['list'],
  async run(context) {
    await context.show([...(await read(context)).items.values()]);
  },
};

const itemCommands: readonly Command[] = [
  {
    use: 'show [item]',
    summary: 'Show in which versions there is an item',
    check: takes([1]),
    async run(context) {
      const [{ offers }, { ModelError }] = await Promise.all([
        import('../../../lib/catalog/index.ts'),
        import('../../../lib/models/index.ts'),
      ]);
      const name = context.arg(0);
      const offer = offers(await read(context))[name];
      if (offer === undefined) throw new ModelError(404, `No item named ${name} in the catalog`);
      await context.show(offer);
    },
  },
  {
    use: 'detail [item]',
    summary: 'Show all that the catalog says of one version of an item',
    flags: [VERSION],
    check: takes([1]),
    async run(context) {
      await context.show(await itemAsked(context));
    },
  },
  {
    use: 'download [item] (to [file])',
    summary: 'Download an item to a file, and check its sum',
    details: 'Without a file it is one of the name of the item, in the current folder.',
    examples: ['download ipmi', 'download ipmi to /tmp/ipmi --arch arm64 --os linux'],
    flags: [
      VERSION,
      { name: 'arch', value: 'string', about: 'Architecture that a provider is for; this one unless given' },
      { name: 'os', value: 'string', about: 'System that a provider is for; this one unless given' },
    ],
    check: takes([1, 3], '1 or 2 arguments'),
    run: download,
  },
  installCommand([VERSION]),
];

async function itemAsked(context: Context): Promise<CatalogItem> {
  const { findItem } = await import('../../../lib/catalog/index.ts');
  return findItem(await read(context), context.arg(0), context.text('version'));
}

async function download(context: Context): Promise<void> {
  const [{ downloadItem, fileName, findItem, ownArch }, { chmod, rename }] = await Promise.all([
    import('../../../lib/catalog/index.ts'),
    import('node:fs/promises'),
  ]);
  const catalog = await read(context);
  const item = findItem(catalog, context.arg(0), context.text('version'));
  const platform = {
    arch: context.given('arch') ?? ownArch(),
    os: context.given('os') ?? (process.platform === 'win32' ? 'windows' : process.platform),
  };
  const file = context.args[2] ?? fileName(item);
  const part = `${file}.part`;
  await downloadItem(catalog, item, platform, part, downloadsOf(context, progressOf(context, item)));
  if (item.ContentType === 'PluginProvider' || item.ContentType === 'DRPCLI') await chmod(part, 0o755);
  await rename(part, file);
}

/** Commands to list, download and install catalog items. */
export const catalog: Group = {
  flags: FLAGS,
  commands: [
    {
      use: 'show',
      summary: 'Show the catalog, a content pack',
      async run(context) {
        const { catalogPack } = await import('../../../lib/catalog/index.ts');
        await context.show(catalogPack(await read(context)));
      },
    },
    {
      use: 'items',
      summary: 'Show what the catalog has, in which versions',
      commands: [listCommand],
      async run(context) {
        const { offers } = await import('../../../lib/catalog/index.ts');
        await context.show(offers(await read(context)));
      },
    },
    { use: 'item', summary: 'Look at an item, download or install it', commands: itemCommands },
    installCommand([VERSION]),
    buildCommand,
    {
      use: 'create',
      summary: 'Show the catalog with the items of one version only',
      flags: [{ name: 'pkg-version', value: 'string', about: 'Which: stable or tip' }],
      async run(context) {
        const [{ catalogPack, only }, { ModelError }] = await Promise.all([
          import('../../../lib/catalog/index.ts'),
          import('../../../lib/models/index.ts'),
        ]);
        const version = context.given('pkg-version');
        if (version === undefined) throw new ModelError(400, 'required flag(s) "pkg-version" not set');
        await context.show(catalogPack(only(await read(context), (item) => item.Version === version)));
      },
    },
    updateLocal,
  ],
};
