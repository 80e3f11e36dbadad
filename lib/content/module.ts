import { readFile, writeFile } from 'node:fs/promises';
import type { Bundle } from './bundle.ts';
import { formatYaml } from './yaml.ts';

/** The source of the TypeScript module that embeds a content pack: it exports `contentYamlString`. */
export function contentModule(bundle: Bundle): string {
  return `// Generated from a content pack. Do not edit.
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
