import { readFile, writeFile } from 'node:fs/promises';
import { readStore, type StoreOptions } from './store.ts';
import { formatYaml } from './yaml.ts';

/**
 * The source of the TypeScript module that embeds the content pack in `directory`: it exports `contentYamlString`.
 * Throws ModelError that names the file which cannot be read.
 */
export async function contentModule(directory: string, options: StoreOptions = {}): Promise<string> {
  const bundle = await readStore(directory, options);
  return `// Generated from the content pack. Do not edit.
export const contentYamlString: string = ${JSON.stringify(formatYaml(bundle))};
`;
}

/** Writes `text` to `file` unless it is there already. Returns whether it wrote. */
export async function writeWhenChanged(file: string, text: string): Promise<boolean> {
  const old = await readFile(file, 'utf8').catch(() => undefined);
  if (old === text) return false;
  await writeFile(file, text);
  return true;
}
