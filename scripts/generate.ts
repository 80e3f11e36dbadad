import { readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { contentModule, documentBundle, readStore, writeWhenChanged } from '../lib/content/index.ts';
import packageJson from '../package.json' with { type: 'json' };

const usage = `usage: node scripts/generate.ts [NAME...]

Writes for each content pack content/NAME.generated.ts, the pack as YAML and its params as types, and
docs/plugins/NAME.md, its documentation.

  NAME    a folder of content/; default: all of them

A file that would not change is left alone, so that this may run before every build and test. What is wrong with a
pack is printed with file, line and field; errors leave its files as they were and end with 1.
`;

const root = path.join(import.meta.dirname, '..', 'content');
const docs = path.join(import.meta.dirname, '..', 'docs', 'plugins');
/** Packs have no version of their own: they are part of this package. */
const meta = { Version: `v${packageJson.version}` };

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const packs = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  for (const name of positionals) {
    if (!packs.includes(name)) {
      throw new Error(`There is no content pack content/${name}. There are: ${packs.join(', ')}`);
    }
  }
  await mkdir(docs, { recursive: true });
  // Packs may name each other's objects, so each is checked with the others at hand.
  const alone = await Promise.all(packs.map((name) => readStore(path.join(root, name), { meta })));
  for (const [index, name] of packs.entries()) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const others = alone.map(({ bundle }) => bundle).toSpliced(index, 1);
    const { bundle, problems } = await readStore(path.join(root, name), { meta, others });
    for (const { severity, message } of problems) console.error(`content/${name}: ${severity}: ${message}`);
    if (problems.some(({ severity }) => severity === 'error')) {
      process.exitCode = 1;
      continue;
    }
    await write(path.join(root, `${name}.generated.ts`), contentModule(bundle));
    await write(path.join(docs, `${name}.md`), documentBundle(bundle, 'markdown'));
  }
}

async function write(file: string, text: string): Promise<void> {
  if (await writeWhenChanged(file, text)) console.log(`wrote ${path.relative(process.cwd(), file)}`);
}

main().catch((error: unknown) => {
  process.exitCode = 1;
  console.error(`scripts/generate: ${error instanceof Error ? error.message : String(error)}`);
});
