import { readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { makeFolder } from '../../../lib/files/index.ts';
import { ModelError } from '../../../lib/models/index.ts';

/** Name of this package, which identifies the folder of the kit. */
const PACKAGE = 'drp-plugins';
const TEMPLATES_FOLDER = 'cmd/drpkit/new/template';
/** The template of files that all projects have. */
const COMMON = 'project';

/** Templates, with what their provider does. */
export const TEMPLATES: Readonly<Record<string, string>> = {
  action: 'an action on machines, with a param',
  webhook: 'tells a service by HTTP when machines come and go',
  poller: 'watches whether a service answers, and makes an event when that changes',
  routes: 'serves a page and JSON of its own below /plugin-apis',
};

/**
 * The folder of the kit: `given`, or the one above this program, whether it runs from source or as an executable below
 * `bin`. Throws ModelError 400 when that is not a kit.
 */
export async function findKit(given: string): Promise<string> {
  if (given !== '') {
    if (await isKit(given)) return realpath(given);
    throw new ModelError(400, `kit: expected a folder of ${PACKAGE}, found ${given}`);
  }
  let folder = dirname(await realpath(process.argv[1] ?? process.execPath));
  while (!(await isKit(folder))) {
    const above = dirname(folder);
    if (above === folder) {
      throw new ModelError(400, `kit: this drpkit lies in no folder of ${PACKAGE}: name one (--kit FOLDER)`);
    }
    folder = above;
  }
  return folder;
}

async function isKit(folder: string): Promise<boolean> {
  const manifest = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}');
  return (JSON.parse(manifest) as { name?: unknown }).name === PACKAGE;
}

/**
 * Writes a new project to `folder`, whose last part is the provider's name, from one of TEMPLATES. Throws ModelError
 * 400 for an invalid name, an unknown template and a folder that cannot be created, 409 when the folder is not empty.
 */
export async function createProject(folder: string, kit: string, template = 'action'): Promise<void> {
  if (!Object.hasOwn(TEMPLATES, template)) {
    throw new ModelError(400, `template: expected ${Object.keys(TEMPLATES).join(', ')}, found ${template}`);
  }
  const name = basename(folder);
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(name)) {
    throw new ModelError(
      400,
      `folder: expected lower-case letters, digits, "-" and "_" in its name, found ${name}`,
    );
  }
  await makeFolder(folder).catch((error: unknown) => {
    throw new ModelError(400, `folder: ${error instanceof Error ? error.message : error}`, { cause: error });
  });
  if ((await readdir(folder)).length > 0) throw new ModelError(409, `folder: ${folder} is not empty`);
  const words = { NAME: name, KIT: await reference(await realpath(folder), kit) };
  for (const part of [COMMON, template]) await copyFilled(join(kit, TEMPLATES_FOLDER, part), folder, words);
}

/** Copies the files of a template, replacing the placeholders in names and texts. */
async function copyFilled(from: string, to: string, words: Readonly<Record<string, string>>): Promise<void> {
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const source = join(entry.parentPath, entry.name);
    // npm leaves some files with a leading dot out of packages, so the template stores them without it.
    const path = filled(relative(from, source), words).replace(/^(?=gitignore$)|(?<=\/)(?=_\w+\.meta$)/, '.');
    const target = join(to, path);
    await makeFolder(dirname(target));
    await writeFile(target, filled(await readFile(source, 'utf8'), words));
  }
}

/**
 * The dependency on this kit in the project's package.json: a folder or, when the kit is installed as a package, the
 * dependency that installed it.
 */
async function reference(folder: string, kit: string): Promise<string> {
  const [above] = /^.*(?=[\\/]node_modules[\\/])/.exec(kit) ?? [];
  if (above === undefined) return `file:${relative(folder, kit)}`;
  const read = async (file: string) => JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Manifest;
  const { dependencies, devDependencies } = await read(join(above, 'package.json'));
  const said = devDependencies?.[PACKAGE] ?? dependencies?.[PACKAGE];
  if (said === undefined) return `^${(await read(join(kit, 'package.json'))).version}`;
  return said.startsWith('file:') ? `file:${relative(folder, resolve(above, said.slice(5)))}` : said;
}

interface Manifest {
  version?: string;
  dependencies?: Readonly<Record<string, string>>;
  devDependencies?: Readonly<Record<string, string>>;
}

function filled(text: string, words: Readonly<Record<string, string>>): string {
  return Object.entries(words).reduce((rest, [word, value]) => rest.replaceAll(word, value), text);
}
