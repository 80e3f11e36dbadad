import type { Client } from '../../../lib/api/index.ts';
import type { ContentObject } from '../../../lib/content/index.ts';
import { isObject, ModelError } from '../../../lib/models/index.ts';
import { type Command, takes } from '../command.ts';
import type { Context } from '../context.ts';
import { readInput } from '../input.ts';
import { uploadContent } from './layers.ts';
import type { WithSections } from './map-params.ts';
import { openSecrets } from './open-secrets.ts';
import { asUsage } from './packs.ts';
import { sealing } from './seal-secrets.ts';

/** Conversion between objects of the endpoint and content packs. */
export const exchangeCommands: readonly Command[] = [
  {
    use: 'bundlize [file] [meta fields] [objects]',
    summary: 'Make a content pack of objects of the endpoint',
    details: `Objects are given as TYPE:KEY, or as TYPE:FIELD=VALUE for all that have the value; meta fields as
FIELD=VALUE. Values of secure params are sealed, with a key that is written to the file that --key names.`,
    flags: [
      { name: 'delete', about: 'Delete the objects afterwards' },
      { name: 'reload', about: 'After --delete, load the pack, so that the objects are back as its content' },
      { name: 'key', value: 'string', about: 'File to write the key to with which secure params are sealed' },
    ],
    check: (args) => (args.length > 0 ? undefined : 'Must provide a file'),
    run: bundlizeObjects,
  },
  {
    use: 'convert [file]',
    summary: 'Make the objects of a content pack at the endpoint, as objects that can be changed',
    details: 'The file is a bundle, or - for stdin.',
    flags: [{ name: 'key', value: 'string', about: 'File with the key of the secure params in it' }],
    check: takes([1], 'a file'),
    async run(context) {
      const { convert, parseBundle, readBundle } = await import('../../../lib/content/index.ts');
      const file = context.arg(0);
      const bundle =
        file === '-'
          ? parseBundle(JSON.stringify(await readInput('-')), 'stdin', 'json')
          : await readBundle(file);
      const key = context.given('key');
      const opened = key === undefined ? bundle : await openSecrets(bundle, key);
      const endpoint = await context.endpoint();
      const secret = await secureParams(endpoint, opened);
      await convert(opened, { create: (type, object) => createSealed(endpoint, type, object, secret) });
    },
  },
];

/** Names of the params that are secure at the endpoint, or will be because of the pack. */
async function secureParams(endpoint: Client, { sections }: WithSections): Promise<ReadonlySet<string>> {
  const { filter } = await import('../../../lib/api/index.ts');
  const known = await endpoint.objects('params').list({ where: { Secure: filter.eq(true) } });
  const own = Object.entries(sections.params ?? {}).filter(
    ([, param]) => isObject(param) && param.Secure === true,
  );
  return new Set([...known.map(({ Name }) => Name), ...own.map(([name]) => name)]);
}

/**
 * Creates an object, then sets its secure params: they must be encrypted with the object's key, which exists only then.
 */
async function createSealed(
  endpoint: Client,
  type: string,
  object: ContentObject,
  secret: ReadonlySet<string>,
): Promise<void> {
  const { isSecureData, keyOf } = await import('../../../lib/api/index.ts');
  const params = Object.entries(isObject(object.Params) ? object.Params : {});
  const sealed = params.filter(([name, value]) => secret.has(name) && !isSecureData(value));
  if (sealed.length === 0) {
    await endpoint.objects(type).create(object);
    return;
  }
  const open = params.filter((entry) => !sealed.includes(entry));
  const made = await endpoint.objects(type).create({ ...object, Params: Object.fromEntries(open) });
  for (const [name, value] of sealed) await endpoint.params(type, keyOf(type, made)).setSecure(name, value);
}

async function bundlizeObjects(context: Context): Promise<void> {
  const { bundleArguments, bundlize, objectsInOrder, writeBundle } = await import(
    '../../../lib/content/index.ts'
  );
  const [file = '', ...words] = context.args;
  const { meta, objects } = asUsage(() => bundleArguments(words, true));
  const endpoint = await context.endpoint();
  const { names, seal, saveKey } = await sealing(endpoint);
  const bundle = await bundlize(sourceAt(endpoint), objects, { meta, secureParams: names, seal });
  const key = (await saveKey(context.given('key'))) ? context.given('key') : undefined;
  await writeBundle(file, bundle);
  if (!context.on('delete')) return;
  for (const { type, key } of objectsInOrder(bundle).reverse()) {
    await endpoint
      .objects(type)
      .remove(key)
      .catch((error: unknown) => {
        if (!(error instanceof ModelError)) throw error;
        throw new ModelError(error.code, `Failed to delete ${type}:${key}: ${error.message}`);
      });
  }
  if (!context.on('reload')) return;
  const content = { ...bundle, meta: { ...bundle.meta, Name: bundle.meta.Name ?? '' } };
  const opened = key === undefined ? content : await openSecrets(content, key);
  await context.show(await uploadContent(endpoint, opened, { replaceWritable: true }));
}

/** Reads secrets decrypted, since they are encrypted with their object's key, which a bundle does not have. */
function sourceAt(endpoint: Client) {
  return {
    get: (type: string, key: string) => endpoint.objects<ContentObject>(type).get(key, { decode: true }),
    list: (type: string, field: string, value: string) =>
      endpoint.objects<ContentObject>(type).list({ where: { [field]: value }, decode: true }),
  };
}
