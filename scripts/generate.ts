/**
 * `node scripts/generate.ts [NAME...]`: writes `content/NAME.generated.ts` for each content pack, or for those named.
 * A file that would not change is left alone, so that this may run before every build and test. What is wrong with
 * a pack is printed with file, line and field; errors leave its file as it was and end with 1.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { contentModule, readStore, refuseProblems, writeWhenChanged } from '../lib/content/index.ts';
import { ModelError } from '../lib/models/index.ts';

const root = path.join(import.meta.dirname, '..', 'content');
const packs = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();
const named = process.argv.slice(2);

const unknown = named.filter((name) => !packs.includes(name));
if (unknown.length > 0) {
  console.error(`There is no content pack content/${unknown[0]}. There are: ${packs.join(', ')}`);
  process.exit(1);
}

// Packs may name each other's objects, so each is checked with the others at hand.
const alone = await Promise.all(packs.map((name) => readStore(path.join(root, name))));
const bundles = alone.map(({ bundle }) => bundle);
const contents = await Promise.all(
  alone.map((pack, index) => {
    if (pack.problems.length === 0) return pack;
    return readStore(path.join(root, packs[index] ?? ''), { others: bundles.toSpliced(index, 1) });
  }),
);
for (const [index, name] of packs.entries()) {
  const pack = contents[index];
  if (pack === undefined || (named.length > 0 && !named.includes(name))) continue;
  for (const { severity, message } of pack.problems)
    console.error(`content/${name}: ${severity}: ${message}`);
  try {
    refuseProblems(pack.problems);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    process.exitCode = 1;
    continue;
  }
  const file = path.join(root, `${name}.generated.ts`);
  if (await writeWhenChanged(file, contentModule(pack.bundle)))
    console.log(`wrote content/${name}.generated.ts`);
}
