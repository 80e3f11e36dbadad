import type { Client, Content, ContentOptions, ContentSummary } from '../../../lib/api/index.ts';
import { isObject, ModelError } from '../../../lib/models/index.ts';
import { type Command, takes } from '../command.ts';
import type { Context } from '../context.ts';
import type { Flag } from '../flags.ts';
import { readInput } from '../input.ts';
import { openSecrets } from './open-secrets.ts';
import { sealSecrets } from './seal-secrets.ts';

const REPLACE: Flag = {
  name: 'replace-writable',
  about: 'Take the place of objects of the same names that were made by hand',
};
const KEY: Flag = {
  name: 'key',
  value: 'string',
  about: 'File with the key of the secure params that the content holds',
};
const NEW_KEY: Flag = { ...KEY, about: 'File to write the key to with which secure params are sealed' };

const UPLOAD_FLAGS = [REPLACE, KEY];

/** The content packs of the endpoint. */
export const layerCommands: readonly Command[] = [
  {
    use: 'list',
    summary: 'List the content packs of the endpoint',
    check: (args, useLine) => (args.length > 0 ? `${useLine} does not support filtering` : undefined),
    async run(context) {
      await context.show(await (await context.endpoint()).contents().list());
    },
  },
  {
    use: 'show [id]',
    summary: 'Show a content pack, with its objects',
    details: 'Secure params in it are sealed with a new key, which is written to the file that --key names.',
    flags: [NEW_KEY],
    check: takes([1]),
    async run(context) {
      const endpoint = await context.endpoint();
      const content = await endpoint.contents().get(context.arg(0));
      await context.show(await sealSecrets(endpoint, content, context.given('key')));
    },
  },
  {
    use: 'exists [id]',
    summary: 'Fail when there is no such content pack',
    check: takes([1]),
    async run(context) {
      const endpoint = await context.endpoint();
      await endpoint
        .contents()
        .get(context.arg(0))
        .catch((error: unknown) => {
          if (!(error instanceof ModelError) || error.code !== 404) throw error;
          throw new ModelError(404, `content:${context.arg(0)} does not exist`);
        });
    },
  },
  {
    use: 'create [json]',
    summary: 'Add a content pack',
    flags: UPLOAD_FLAGS,
    check: takes([1]),
    async run(context) {
      const content = await contentOf(context, context.arg(0));
      await context.show(await (await context.endpoint()).contents().create(content, optionsOf(context)));
    },
  },
  {
    use: 'update [id] [json]',
    summary: 'Replace a content pack',
    flags: UPLOAD_FLAGS,
    check: takes([2]),
    async run(context) {
      const content = await contentOf(context, context.arg(1));
      const { Name } = content.meta;
      if (Name !== context.arg(0)) {
        throw new ModelError(400, `Passed ID ${context.arg(0)} does not match layer ID ${Name}`);
      }
      await context.show(await (await context.endpoint()).contents().replace(content, optionsOf(context)));
    },
  },
  {
    use: 'upload [json]',
    summary: 'Add a content pack, or replace the one of its name',
    details:
      'The pack is a bundle: the name of its file (.yaml, .yml, .json, .go or .ts), - for stdin, or the text.',
    flags: UPLOAD_FLAGS,
    check: takes([1]),
    async run(context) {
      const content = await contentOf(context, context.arg(0));
      await context.show(await uploadContent(await context.endpoint(), content, optionsOf(context)));
    },
  },
  {
    use: 'destroy [id]',
    summary: 'Remove a content pack with its objects',
    check: takes([1]),
    async run(context) {
      await (await context.endpoint()).contents().remove(context.arg(0));
      await context.say(`Deleted content ${context.arg(0)}`);
    },
  },
];

/** Adds the pack, or replaces the one of the same name. */
export async function uploadContent(
  endpoint: Client,
  content: Content,
  options: Pick<ContentOptions, 'replaceWritable'>,
): Promise<ContentSummary> {
  const contents = endpoint.contents();
  const known = (await contents.list()).some(({ meta }) => meta.Name === content.meta.Name);
  return known ? contents.replace(content, options) : contents.create(content, options);
}

function optionsOf(context: Context): { replaceWritable: boolean } {
  return { replaceWritable: context.on('replace-writable') };
}

/** The content pack of an argument, its secrets decrypted if there is a key. Throws ModelError 400. */
async function contentOf(context: Context, source: string): Promise<Content> {
  const content = await readContent(source);
  const key = context.given('key');
  return key === undefined ? content : openSecrets(content, key);
}

async function readContent(source: string): Promise<Content> {
  const value = /\.(go|ts)$/.test(source)
    ? await (await import('../../../lib/content/index.ts')).readBundle(source)
    : await readInput(source);
  if (isObject(value)) {
    const { sections } = value;
    const meta = await metaTexts(value.meta);
    const { Name } = meta;
    if (typeof Name === 'string' && isObject(sections ?? {})) {
      return { meta: { ...meta, Name }, sections: (sections ?? {}) as Content['sections'] };
    }
  }
  // A single word was probably meant as a file name.
  const hint = value === source ? `; there is no file ${source}` : '';
  throw new ModelError(400, `Error parsing layer: expected a bundle with meta.Name and sections${hint}`);
}

/** Meta data are strings, even where YAML reads a number: `Version: 1.0`, `Order: 1000`. */
async function metaTexts(meta: unknown): Promise<Record<string, unknown>> {
  if (!isObject(meta)) return {};
  const { keyText } = await import('../../../lib/yaml/index.ts');
  return Object.fromEntries(Object.entries(meta).map(([field, value]) => [field, keyText(value) ?? value]));
}
