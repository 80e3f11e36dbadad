import type { Bundle } from '../../../lib/content/index.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { endingSignal } from '../ending.ts';

/** Builds the catalog of a folder. */
export const buildCommand: Command = {
  use: 'build --dir [dir] --url [url] (pack...)',
  summary: 'Make the catalog of a folder with providers and content packs',
  details: `The folder has providers as NAME/VERSION/ARCH/OS/NAME and content packs as NAME/VERSION.json. Providers that scripts/build
has made in it (OS/ARCH/NAME) are put there first, as are the packs that are given: bundles, or folders with packs.
Providers for this machine are run, to learn what they are. The catalog is DIR/rackn-catalog.json; URL is where DIR will be
served, as in http://ENDPOINT:8091/files/rebar-catalog for tftpboot/files/rebar-catalog of an endpoint.`,
  examples: [
    'build --dir bin --url http://192.0.2.1:8091/files/rebar-catalog',
    'build --dir rebar-catalog --url https://files.example.com/drp content/tools tools-v1.2.0.yaml',
  ],
  offline: true,
  flags: [
    { name: 'dir', value: 'string', about: 'The folder' },
    {
      name: 'url',
      value: 'string',
      about: 'URL that the folder will have; without it, for drpkit with -c FILE only',
    },
    { name: 'name', value: 'string', default: 'rackn-catalog', about: 'Name of the catalog' },
  ],
  check: () => undefined,
  async run(context) {
    const [{ buildCatalog, offers, addBuild, addPack }, { ModelError }] = await Promise.all([
      import('../../../lib/catalog/index.ts'),
      import('../../../lib/models/index.ts'),
    ]);
    const [dir = '', url] = [context.given('dir'), context.given('url')];
    if (dir === '') throw new ModelError(400, 'required flag(s) "dir" not set');
    const signal = endingSignal();
    await addBuild(dir, dir, { report: (line) => context.note(line), signal });
    for (const source of context.args) await addPack(await packOf(context, source), dir, source);
    const catalog = await buildCatalog(dir, { url, name: context.text('name'), signal });
    if (catalog.items.size === 0)
      context.note(`${dir}: no providers (NAME/VERSION/ARCH/OS/NAME) and no packs (NAME/VERSION.json) in it`);
    await context.show(offers(catalog));
  },
};

/** The content pack in a folder or a bundle file. */
async function packOf(context: Context, source: string): Promise<Bundle> {
  const [{ readBundle, readStore, refuseProblems }, { stat }] = await Promise.all([
    import('../../../lib/content/index.ts'),
    import('node:fs/promises'),
  ]);
  const found = await stat(source).catch(() => undefined);
  if (found?.isDirectory() !== true) return readBundle(source);
  const { bundle, problems } = await readStore(source);
  refuseProblems(problems);
  for (const { message } of problems) context.note(`Warning: ${message}`);
  return bundle;
}
