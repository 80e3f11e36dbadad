import { copyFile, link, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder, writeWhole } from '../files/index.ts';
import { isObject, ModelError, type RawModel, versionProblem } from '../models/index.ts';
import { describe } from './describe.ts';
import { fileSum } from './file-sum.ts';
import { isPlain, type Platform } from './item.ts';

const SYSTEMS = ['linux', 'darwin', 'windows'];

/** An executable of a build: `FOLDER/OS/ARCH/NAME`. */
interface Built extends Platform {
  name: string;
  file: string;
}

/** Whether a folder inside of a catalog's folder belongs to a build. */
export function isOfBuild(folder: string): boolean {
  return SYSTEMS.includes(folder);
}

/**
 * Adds the providers that scripts/build has made in `from` (`OS/ARCH/NAME`) to the folder of a catalog
 * (`NAME/VERSION/ARCH/OS/NAME`), as hard links if possible. Other files are skipped and reported. A provider for
 * another platform cannot be run for its version, so it is read from the build's SBOM.cdx.json. Throws ModelError 400
 * when it is not there.
 */
export async function addBuild(
  from: string,
  directory: string,
  { report, signal }: { report: (line: string) => void; signal: AbortSignal },
): Promise<void> {
  const byName = Map.groupBy(await builtIn(from), ({ name }) => name);
  const listed = await listedVersions(from);
  for (const [name, executables] of byName) {
    const described = await Promise.all(
      executables.map(async (one) => ({ ...one, is: await describe(one.file, signal) })),
    );
    const isHere = executables.some(({ arch, os }) => arch === ownArch() && os === process.platform);
    if (isHere && described.every(({ is }) => is === undefined)) {
      report(`${name}: not a provider, left out`);
      continue;
    }
    for (const { arch, os, file, is } of described) {
      const version = is?.version ?? listed.get(await fileSum(file));
      if (version === undefined) {
        throw new ModelError(
          400,
          `${file}: its version is not known, since it does not run here and ${join(from, 'SBOM.cdx.json')} does not list it; put it at ${join(directory, name, 'VERSION', arch, os, name)}`,
        );
      }
      checkVersion(file, version);
      await put(file, join(directory, name, version, arch, os, name));
    }
  }
}

/** Adds a content pack to the folder of a catalog, as `NAME/VERSION.json`. Throws ModelError 400. */
export async function addPack(
  pack: { meta: RawModel; sections: unknown },
  directory: string,
  what: string,
): Promise<void> {
  const name = String(pack.meta.Name ?? '');
  const version = String(pack.meta.Version ?? '');
  if (!isPlain(name))
    throw new ModelError(400, `${what}: meta.Name: ${JSON.stringify(name)} cannot be a file name`);
  checkVersion(what, version);
  await makeFolder(join(directory, name));
  await writeWhole(join(directory, name, `${version}.json`), `${JSON.stringify(pack)}\n`);
}

function checkVersion(what: string, version: string): void {
  const problem = version === '' ? 'is missing' : versionProblem(version);
  if (problem !== undefined) throw new ModelError(400, `${what}: Version: ${problem}`);
}

async function builtIn(folder: string): Promise<Built[]> {
  const found: Built[] = [];
  for (const os of SYSTEMS) {
    for (const arch of await names(join(folder, os))) {
      for (const name of await names(join(folder, os, arch))) {
        const file = join(folder, os, arch, name);
        if (isPlain(name) && !name.endsWith('.plugin.toml')) found.push({ os, arch, name, file });
      }
    }
  }
  return found;
}

/** The names in a folder; empty when it does not exist. */
export async function names(folder: string): Promise<string[]> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return found.filter((name) => !name.startsWith('.')).sort();
}

/** Versions by SHA-256 of executables, from the bill of materials that scripts/build writes. */
async function listedVersions(folder: string): Promise<Map<string, string>> {
  const text = await readFile(join(folder, 'SBOM.cdx.json'), 'utf8').catch(() => '{}');
  const bill: unknown = JSON.parse(text);
  const components = isObject(bill) && Array.isArray(bill.components) ? bill.components.filter(isObject) : [];
  return new Map(
    components.flatMap(({ version, hashes }) =>
      (Array.isArray(hashes) ? hashes.filter(isObject) : []).map(({ content }): [string, string] => [
        String(content),
        String(version),
      ]),
    ),
  );
}

async function put(file: string, place: string): Promise<void> {
  await makeFolder(dirname(place));
  const temporary = join(dirname(place), `.${basename(place)}.new`);
  await rm(temporary, { force: true });
  await link(file, temporary).catch(() => copyFile(file, temporary));
  const { rename } = await import('node:fs/promises');
  await rename(temporary, place);
  // Renaming a hard link to the same file does nothing, so the temporary name remains.
  await rm(temporary, { force: true });
}

/** Go's name of this machine's architecture. */
export function ownArch(): string {
  const words: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };
  return words[process.arch] ?? process.arch;
}
