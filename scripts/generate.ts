import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Bundle,
  contentModule,
  documentFiles,
  readStore,
  writeWhenChanged,
} from '../lib/content/index.ts';

const usage = `usage: node scripts/generate.ts [NAME...] [--root FOLDER]

Writes for each content pack content/NAME.generated.ts, the pack as YAML and its params as types, and
docs/plugins/NAME.md, its documentation, with NAME-reference.md for a pack of many objects; and lib/inspector/page.generated.ts, the inspector's page.

  NAME      a folder of content/; default: all of them, and the page
  --root    a project that uses this one as its kit; default: this project itself

A file that would not change is left alone, so that this may run before every build and test. What is wrong with a
pack is printed with file, line and field; errors leave its files as they were and end with 1.
`;

/** Objects of drp-community-content that packs name and do without: what names them is not available until it is there. */
const COMMUNITY: Bundle = {
  // Not by its name: for what a pack requires it need not have more than is said here.
  meta: {},
  sections: { tasks: { 'lock-machine': { Name: 'lock-machine' } } },
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      root: { type: 'string', default: path.join(import.meta.dirname, '..') },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const content = path.join(values.root, 'content');
  const docs = path.join(values.root, 'docs', 'plugins');
  const { version } = JSON.parse(readFileSync(path.join(values.root, 'package.json'), 'utf8')) as {
    version: string;
  };
  /** Packs have no version of their own: they are part of the package. */
  const meta = { Version: `v${version}` };
  // git keeps no empty folder, and a provider need not have a pack.
  const packs = (existsSync(content) ? readdirSync(content, { withFileTypes: true }) : [])
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  for (const name of positionals) {
    if (!packs.includes(name)) {
      throw new Error(`There is no content pack content/${name}. There are: ${packs.join(', ')}`);
    }
  }
  if (packs.length > 0) await mkdir(docs, { recursive: true });
  // Packs may name each other's objects, so each is checked with the others at hand.
  const alone = await Promise.all(packs.map((name) => readStore(path.join(content, name), { meta })));
  for (const [index, name] of packs.entries()) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const others = [...alone.map(({ bundle }) => bundle).toSpliced(index, 1), COMMUNITY];
    const { bundle, problems } = await readStore(path.join(content, name), {
      meta,
      others,
      trustsRequired: true,
    });
    for (const { severity, message } of problems) console.error(`content/${name}: ${severity}: ${message}`);
    if (problems.some(({ severity }) => severity === 'error')) {
      process.exitCode = 1;
      continue;
    }
    await write(path.join(content, `${name}.generated.ts`), contentModule(bundle));
    for (const [file, text] of documentFiles(bundle, name)) await write(path.join(docs, file), text);
  }
  if (positionals.length === 0 && existsSync(path.join(values.root, 'lib', 'inspector', 'page'))) {
    const { PAGE_MODULE, writePage } = await import('./packaging/page.ts');
    if ((await writePage(values.root)).written) said(path.join(values.root, PAGE_MODULE));
  }
}

async function write(file: string, text: string): Promise<void> {
  if (await writeWhenChanged(file, text)) said(file);
}

function said(file: string): void {
  console.log(`wrote ${path.relative(process.cwd(), file)}`);
}

main().catch((error: unknown) => {
  process.exitCode = 1;
  console.error(`scripts/generate: ${error instanceof Error ? error.message : String(error)}`);
});
