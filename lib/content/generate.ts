import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeWhenChanged } from '../files/index.ts';
import type { Bundle } from './bundle.ts';
import { documentFiles } from './document.ts';
import { contentModule } from './module.ts';
import { readStore } from './store.ts';

/** The result of generating the content packs of a project. */
export interface Generated {
  /** Absolute paths of the files that were written. Unchanged files are not written. */
  written: string[];
  /** Errors and warnings about the packs, with file, line and field. */
  problems: string[];
  /** Whether a problem is an error. The generated files of that pack were not changed. */
  failed: boolean;
}

/**
 * Objects of drp-community-content that packs refer to. Without them, the referring objects are unavailable at an
 * endpoint.
 */
const COMMUNITY: Bundle = {
  // Without a name: packs that require the real one refer to more objects than are listed here.
  meta: {},
  sections: { tasks: { 'lock-machine': { Name: 'lock-machine' } } },
};

/**
 * Writes for each content pack of the project in `root` (or those named in `names`) content/NAME.generated.ts, the pack
 * as YAML with types for its params, and its documentation in docs/plugins. Throws Error for a name without a pack.
 */
export async function generateContent(root: string, names: readonly string[] = []): Promise<Generated> {
  const content = path.resolve(root, 'content');
  const docs = path.resolve(root, 'docs', 'plugins');
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  /** Packs have the version of the package. A pack without a name gets that of its folder. */
  const metaOf = (name: string) => ({
    ...(existsSync(path.join(content, name, '._Name.meta')) ? {} : { Name: name }),
    Version: `v${version}`,
  });
  // The folder may be missing: git keeps no empty folders, and a provider need not have a pack.
  const packs = (existsSync(content) ? readdirSync(content, { withFileTypes: true }) : [])
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  for (const name of names) {
    if (!packs.includes(name)) {
      throw new Error(`There is no content pack content/${name}. There are: ${packs.join(', ')}`);
    }
  }
  if (packs.length > 0) await mkdir(docs, { recursive: true });
  const generated: Generated = { written: [], problems: [], failed: false };
  const write = async (file: string, text: string) => {
    if (await writeWhenChanged(file, text)) generated.written.push(file);
  };
  // Packs may refer to each other's objects, so all are read first and each is checked with the others.
  const alone = await Promise.all(
    packs.map((name) => readStore(path.join(content, name), { meta: metaOf(name) })),
  );
  for (const [index, name] of packs.entries()) {
    if (names.length > 0 && !names.includes(name)) continue;
    const others = [...alone.map(({ bundle }) => bundle).toSpliced(index, 1), COMMUNITY];
    const options = { meta: metaOf(name), others, trustsRequired: true };
    const { bundle, problems } = await readStore(path.join(content, name), options);
    for (const { severity, message } of problems) {
      generated.problems.push(`content/${name}: ${severity}: ${message}`);
    }
    if (problems.some(({ severity }) => severity === 'error')) {
      generated.failed = true;
      continue;
    }
    await write(path.join(content, `${name}.generated.ts`), contentModule(bundle));
    for (const [file, text] of documentFiles(bundle, name)) await write(path.join(docs, file), text);
  }
  return generated;
}
