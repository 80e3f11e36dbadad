import { existsSync } from 'node:fs';
import { link, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { makeFolder } from '../../lib/files/index.ts';
import { versionOf } from '../../lib/project/index.ts';
import { type Base, baseFor } from './base.ts';
import { bundleScripts, bundleTogether, isProvider } from './bundle.ts';
import { checkDefine } from './check-define.ts';
import { writeChecksums } from './checksums.ts';
import { containerPluginToml } from './container-plugin.ts';
import type { Contents } from './contents.ts';
import { makeExecutable } from './executable.ts';
import { writeInventory } from './inventory.ts';
import { megabytes } from './megabytes.ts';
import { isNative, type Target } from './target.ts';

/** Temporary name of the executable with all providers. */
const TOGETHER = 'providers';

/** The folder with scripts, node_modules and package-lock.json. */
const project = join(import.meta.dirname, '..', '..');

export interface BuildOptions {
  /** Build one executable for all providers, with a link for each name. */
  together?: boolean;
}

/** An executable to build, and its names. */
interface Job {
  names: readonly string[];
  /** One executable for all names, with links. */
  isJoined: boolean;
  target: Target;
  base: Base;
}

/**
 * Builds executables: `bin/OS/ARCH/NAME` under `root` for each of `names` (folders of `cmd/`; default: all with a
 * main.ts) and each target, and `bin/SHA256SUMS`, `bin/SBOM.cdx.json` and `bin/THIRD_PARTY_LICENSES`. Executables with
 * unchanged inputs are not rebuilt. Container plugins of 0-core also get a NAME.plugin.toml. Builds run in parallel on
 * all cores. `report` is called with a line for each step. `define` of providers for this machine is checked. Throws an
 * Error that says what could not be built.
 */
export async function build(
  root: string,
  names: readonly string[],
  targets: readonly Target[],
  report: (line: string) => void,
  { together = false }: BuildOptions = {},
): Promise<void> {
  const chosen = await chooseCommands(root, names);
  const version = await versionOf(root);
  report(`building ${version}: ${chosen.join(' ')}`);
  const joined = together ? chosen.filter((name) => isProvider(root, name)) : [];
  const jobs: Job[] = [];
  for (const target of targets) {
    const base = await baseFor(target, project, report);
    if (joined.length > 0) jobs.push({ names: joined, isJoined: true, target, base });
    for (const name of chosen)
      if (!joined.includes(name)) jobs.push({ names: [name], isJoined: false, target, base });
  }

  const made = new Map<string, Contents>();
  const waiting = jobs.values();
  const work = async () => {
    // The workers share the iterator.
    for (const job of waiting) {
      const contents = await buildJob(root, job, version, report);
      for (const name of job.names) made.set(`${job.target.name}/${name}`, contents);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, work));
  const sums = await writeChecksums(root, new Map([...made].map(([path, { sum }]) => [path, sum])));
  await writeInventory(root, made, sums, report);
}

async function buildJob(
  root: string,
  { names, isJoined, target, base }: Job,
  version: string,
  report: (line: string) => void,
): Promise<Contents> {
  const started = performance.now();
  const [first = ''] = names;
  const what = `${target.name}/${isJoined ? `{${names.join(',')}}` : first}`;
  const bundled = isJoined
    ? await bundleTogether(root, names, version)
    : await bundleScripts(root, first, version);
  const { path, sum, built, unsigned } = isJoined
    ? await makeExecutable(root, TOGETHER, target, bundled, base, '.build/together')
    : await makeExecutable(root, first, target, bundled, base);
  if (isJoined) await linkAs(path, join(root, 'bin', target.name), names);
  const size = megabytes((await stat(path)).size);
  const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  report(`bin/${what}: ${built ? `${size} in ${seconds}` : 'up to date'}`);
  if (unsigned) {
    report(
      `bin/${what}: not signed, neither codesign nor ldid is here: codesign --force --sign - it on a Mac`,
    );
  }
  for (const name of names) {
    const file = join(root, 'bin', target.name, name);
    if (isProvider(root, name) && isNative(target)) await checkProvider(file, `bin/${target.name}/${name}`);
    const toml = await containerPluginToml(root, name);
    if (toml !== undefined) await writeFile(`${file}.plugin.toml`, toml);
  }
  return { version, sum, base: base.package, packages: bundled.packages };
}

async function checkProvider(file: string, shown: string): Promise<void> {
  try {
    await checkDefine(file, basename(file));
  } catch (error) {
    throw new Error(`${shown}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

/** Creates further names of a file in a folder, replacing existing files. */
async function linkAs(file: string, folder: string, names: readonly string[]): Promise<void> {
  await makeFolder(folder);
  for (const name of names) {
    const temporary = join(folder, `.${name}.new`);
    await rm(temporary, { force: true });
    await link(file, temporary);
    await rename(temporary, join(folder, name));
    // Renaming a hard link to the same file does nothing, so the temporary name remains.
    await rm(temporary, { force: true });
  }
}

/** The commands to build. Throws an Error when one of `names` has no main.ts. */
async function chooseCommands(root: string, names: readonly string[]): Promise<string[]> {
  const folders = await readdir(join(root, 'cmd'));
  const all = folders.filter((name) => existsSync(join(root, 'cmd', name, 'main.ts'))).sort();
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`no cmd/${unknown[0]}/main.ts; there are: ${all.join(' ')}`);
  return names.length > 0 ? [...new Set(names)] : all;
}
