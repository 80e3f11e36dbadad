import { existsSync } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { versionOf } from '../../lib/project/index.ts';
import { baseFor } from './base.ts';
import { bundle, bundleScripts } from './bundle.ts';
import { checkDefine } from './check-define.ts';
import { writeChecksums } from './checksums.ts';
import { containerPluginToml } from './container-plugin.ts';
import type { Contents } from './contents.ts';
import { makeExecutable } from './executable.ts';
import { writeInventory } from './inventory.ts';
import { megabytes } from './megabytes.ts';
import { isNative, type Target } from './target.ts';

/** The folder with these scripts, node_modules and package-lock.json. */
const project = join(import.meta.dirname, '..', '..');

/**
 * Builds executables: `bin/OS/ARCH/NAME` under `root` for each of `names` (folders of `cmd/`; none means all that
 * have a main.ts) and each target, and `bin/SHA256SUMS`, `bin/SBOM.cdx.json` and `bin/THIRD_PARTY_LICENSES`. One whose
 * inputs are unchanged is left as it is. One of 0-core's container plugins gets a NAME.plugin.toml beside it. As many are made at a time as the machine has cores. `report` gets a line for
 * each step. Providers for this machine are asked for their definition. Throws an Error that says what could not be built.
 */
export async function build(
  root: string,
  names: readonly string[],
  targets: readonly Target[],
  report: (line: string) => void,
): Promise<void> {
  const chosen = await chooseCommands(root, names);
  const version = await versionOf(root);
  report(`building ${version}: ${chosen.join(' ')}`);
  const jobs = [];
  for (const target of targets) {
    const base = await baseFor(target, project, report);
    for (const name of chosen) jobs.push({ name, target, base });
  }

  const made = new Map<string, Contents>();
  const waiting = jobs.values();
  const work = async () => {
    // The workers share the iterator: each takes the next job when it is done with one.
    for (const { name, target, base } of waiting) {
      const started = performance.now();
      const what = `${target.name}/${name}`;
      // Providers have it; other commands, drpkit for one, have no `define`, and much that one start does not need.
      const isProvider = existsSync(join(root, 'cmd', name, 'plugin.ts'));
      const bundled = await (isProvider ? bundle : bundleScripts)(root, name, version);
      const { path, sum, built, unsigned } = await makeExecutable(root, name, target, bundled, base);
      made.set(what, { version, sum, base: base.package, packages: bundled.packages });
      const size = megabytes((await stat(path)).size);
      const seconds = `${((performance.now() - started) / 1000).toFixed(1)} s`;
      report(`bin/${what}: ${built ? `${size} in ${seconds}` : 'up to date'}`);
      if (unsigned) {
        report(
          `bin/${what}: not signed, neither codesign nor ldid is here: codesign --force --sign - it on a Mac`,
        );
      }
      if (isProvider && isNative(target)) {
        await checkDefine(path, name).catch((error: unknown) => {
          throw new Error(`bin/${what}: ${error instanceof Error ? error.message : error}`, { cause: error });
        });
      }
      const toml = await containerPluginToml(root, name);
      if (toml !== undefined) await writeFile(`${path}.plugin.toml`, toml);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, work));
  const sums = await writeChecksums(root, new Map([...made].map(([path, { sum }]) => [path, sum])));
  await writeInventory(root, made, sums, report);
}

/** The commands to build. Throws an Error when one of `names` has no main.ts. */
async function chooseCommands(root: string, names: readonly string[]): Promise<string[]> {
  const folders = await readdir(join(root, 'cmd'));
  const all = folders.filter((name) => existsSync(join(root, 'cmd', name, 'main.ts'))).sort();
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`no cmd/${unknown[0]}/main.ts; there are: ${all.join(' ')}`);
  return names.length > 0 ? [...new Set(names)] : all;
}
