import { basename, join, resolve } from 'node:path';
import type { Bundle } from '../../../lib/content/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import type { Context } from '../context.ts';
import type { Flag } from '../flags.ts';

export const PACK: Flag = {
  name: 'pack',
  value: 'string',
  repeats: true,
  about: 'Another content pack, a folder or a bundle; may be given several times',
};

/** Folders that mark a content pack without meta data. */
const SECTIONS = ['bootenvs', 'params', 'profiles', 'stages', 'tasks', 'templates', 'workflows'];

/**
 * The author's content packs: that of the current folder or, in a project, those below `content`, and those in flags.
 * Prints warnings. Throws ModelError 400 when there is no pack, or one has errors.
 */
export async function packsOf(context: Context): Promise<Bundle[]> {
  const { readBundle, readStore, refuseProblems } = await import('../../../lib/content/index.ts');
  const { readdir, stat } = await import('node:fs/promises');
  const sources = [...(await packsHere('.')), ...context.list('pack')];
  if (sources.length === 0) {
    throw new ModelError(
      400,
      'pack: neither this folder is a content pack, nor is there one below its folder content: name one (--pack DIR)',
    );
  }
  const packs: Bundle[] = [];
  for (const source of new Set(sources.map((each) => resolve(each)))) {
    const isFolder = await stat(source).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isFolder) {
      packs.push(await readBundle(source));
      continue;
    }
    const isNamed = (await readdir(source)).includes('._Name.meta');
    const meta: Record<string, string> = isNamed ? {} : { Name: basename(source) };
    const { bundle, problems } = await readStore(source, { meta, others: packs, trustsRequired: true });
    refuseProblems(problems);
    packs.push(bundle);
  }
  return packs;
}

async function packsHere(folder: string): Promise<string[]> {
  if (await isPack(folder)) return [folder];
  const { readdir } = await import('node:fs/promises');
  const content = join(folder, 'content');
  const names = await readdir(content).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => ((await isPack(join(content, name))) ? name : '')),
  );
  return found.filter(Boolean).map((name) => join(content, name));
}

async function isPack(folder: string): Promise<boolean> {
  const { readdir } = await import('node:fs/promises');
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.some(
    (entry) => entry.name === '._Name.meta' || (entry.isDirectory() && SECTIONS.includes(entry.name)),
  );
}
