import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Bundle, readStore, type StoreOptions } from '../../lib/content/index.ts';

export const fixtures = path.join(import.meta.dirname, '../fixtures/content');

/** A new temporary folder, removed at the end of the block that holds it. */
export async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'content-'));
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** Writes files by their relative names. */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** Reads a content pack that is made of these files, and returns its problems as lines of text. */
export async function readPack(files: Readonly<Record<string, string | Buffer>>, options?: StoreOptions) {
  await using folder = await temporaryFolder();
  await writeFiles(folder.path, { '._Name.meta': 'test', ...files });
  const { bundle, problems } = await readStore(folder.path, options);
  return {
    bundle,
    problems: problems.map(({ severity, message }) => `${severity}: ${message}`),
    list: problems,
  };
}

/** The bundle without the fields that say nothing: those that drpcli fills in for every object. */
export function withoutDefaults(bundle: Bundle): unknown {
  const sections = Object.entries(bundle.sections).map(([type, objects]) => {
    const bare = Object.entries(objects).map(([key, object]) => [key, bareObject(object)] as const);
    return [type, Object.fromEntries(bare)] as const;
  });
  return { meta: bundle.meta, sections: Object.fromEntries(sections) };
}

function bareObject(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields = Object.entries(object)
    .filter(([, value]) => !isDefault(value))
    .map(([field, value]) => [
      field,
      field === 'Templates' && Array.isArray(value) ? value.map(bareObject) : value,
    ]);
  return Object.fromEntries(fields);
}

function isDefault(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value === false || value === '' || value === null;
  return Object.keys(value).length === 0;
}
