/**
 * `node scripts/generate.ts [NAME...]`: writes `content/NAME.generated.ts` for each content pack, or for those named.
 * A file that would not change is left alone, so that this may run before every build and test.
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { contentModule, writeWhenChanged } from '../lib/content/index.ts';
import { ModelError } from '../lib/models/index.ts';

const root = path.join(import.meta.dirname, '..', 'content');

function packNames(): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

try {
  const named = process.argv.slice(2);
  for (const name of named.length > 0 ? named : packNames()) {
    const directory = path.join(root, name);
    if (!existsSync(directory)) throw new ModelError(404, `There is no content pack content/${name}`);
    const file = `${directory}.generated.ts`;
    if (await writeWhenChanged(file, await contentModule(directory))) {
      console.log(`wrote ${path.relative(process.cwd(), file)}`);
    }
  }
} catch (error) {
  if (!(error instanceof ModelError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
