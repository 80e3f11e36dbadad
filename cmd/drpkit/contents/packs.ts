import path from 'node:path';
import type { Bundle } from '../../../lib/content/index.ts';
import { type Command, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import type { Flag } from '../flags.ts';
import { print } from '../output/print.ts';

const DIR: Flag = { name: 'dir', value: 'string', default: '.', about: 'Folder of the content pack' };
const STRICT: Flag = { name: 'strict', about: 'Refuse a pack with warnings' };
const WITH: Flag = {
  name: 'with',
  value: 'string',
  repeats: true,
  about: 'Another pack, a folder or a bundle, whose objects this one may name; may be given several times',
};

const BUNDLE_FILES = ['.yaml', '.yml', '.json', '.go', '.ts'];

const aFile = (args: readonly string[]) => (args.length === 1 ? undefined : 'Must provide a file');

/** Content packs on disk. These commands need no endpoint. */
export const packCommands: readonly Command[] = [
  {
    use: 'bundle [file] [meta fields]',
    summary: 'Make a file of a content pack in a folder',
    details: `The file is .yaml, .yml or .json, or a module of Go (.go) or TypeScript (.ts). Meta fields are given as
FIELD=VALUE; a file ._FIELD.meta in the folder wins.

What an endpoint refuses is an error: files that cannot be read, two with one name, names and schemas that are not valid.
What it takes and may not be meant is a warning, with file and line: a key that is there twice, of which the last counts; a
field that it does not know; a default that its schema refuses; a version that it cannot read; a stage, task, template,
param, profile or bootenv that is named and not in the pack. --with says where else to look for those. --strict makes
errors of all warnings, so that what it writes needs nothing but the packs that are given by --with.`,
    examples: [
      'bundle hello.yaml --dir content/hello Version=v1.2.3',
      'bundle hello.yaml --strict --with ../base --with drp-community-content.yaml',
    ],
    offline: true,
    flags: [DIR, STRICT, WITH],
    check: (args) => (args.length > 0 ? undefined : 'Must provide a file'),
    async run(context) {
      const { bundleArguments, readStore, refuseProblems, writeBundle } = await import(
        '../../../lib/content/index.ts'
      );
      const [file = '', ...fields] = context.args;
      // Checked before the pack is read, so that this error comes first.
      const extension = path.extname(file);
      if (!BUNDLE_FILES.includes(extension)) throw new UsageError(`Unknown store extension ${extension}`);
      const { meta } = asUsage(() => bundleArguments(fields));
      const others = await Promise.all(context.list('with').map(readPack));
      const { bundle, problems } = await readStore(context.text('dir'), { meta, others });
      refuseProblems(problems, { strict: context.on('strict') });
      for (const { message } of problems) context.note(`Warning: ${message}`);
      await writeBundle(file, bundle);
    },
  },
  {
    use: 'unbundle [file]',
    summary: 'Make a folder of a content pack in a file',
    details: 'The files are JSON, or with --format yaml YAML.',
    examples: ['unbundle hello.yaml --dir hello --format yaml'],
    flags: [DIR],
    check: aFile,
    async run(context) {
      const { readBundle, unbundle } = await import('../../../lib/content/index.ts');
      const format = /^ya?ml$/.test(context.text('format')) ? 'yaml' : 'json';
      await unbundle(await readBundle(context.arg(0)), context.text('dir'), { format });
    },
  },
  {
    use: 'document [file]',
    summary: 'Print the documentation of a content pack',
    details:
      'The file is a bundle. The format is rst (reStructuredText) unless --format says markdown or html.',
    examples: ['document hello.yaml --format markdown'],
    check: aFile,
    async run(context) {
      const { documentBundle, readBundle } = await import('../../../lib/content/index.ts');
      const format = await documentFormat(context);
      await print(documentBundle(await readBundle(context.arg(0)), format));
    },
  },
];

/** A pack that another one refers to. Its own problems are not reported here. */
async function readPack(source: string): Promise<Bundle> {
  const { readBundle, readStore } = await import('../../../lib/content/index.ts');
  const { stat } = await import('node:fs/promises');
  const found = await stat(source).catch(() => undefined);
  return found?.isDirectory() ? (await readStore(source)).bundle : readBundle(source);
}

/** The document format is only taken from the flag: RS_FORMAT is for results. */
async function documentFormat(context: Context) {
  const { DOCUMENT_FORMATS } = await import('../../../lib/content/index.ts');
  const given = context.given('format') ?? 'rst';
  const format = DOCUMENT_FORMATS.find((known) => known === given);
  if (format === undefined) {
    throw new UsageError(`format: expected ${DOCUMENT_FORMATS.join(', ')}, found ${given}`);
  }
  return format;
}

/** Shows errors in arguments together with the usage. */
export function asUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Error ? new UsageError(error.message) : error;
  }
}
