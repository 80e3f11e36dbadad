import { execFile, spawnSync } from 'node:child_process';
import { access, constants, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { nativeTarget } from '../packaging/target.ts';

const root = join(import.meta.dirname, '..', '..');
const LIMIT_MS = 30_000;
/** Long, since the first build downloads the base executable. */
const BUILD_LIMIT_MS = 30 * 60_000;

/** All executables for this machine, built now unless they are up to date. Throws an Error. */
export async function builtExecutables(): Promise<Map<string, string>> {
  const built = spawnSync(process.execPath, [join(root, 'scripts', 'build.ts')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: BUILD_LIMIT_MS,
  });
  if (built.status !== 0) throw new Error('scripts/build failed', { cause: built.error });
  return executablesIn(join(root, 'bin', nativeTarget().name));
}

/** The executables of a folder by name, in the order of names. Throws an Error for a folder without executables. */
export async function executablesIn(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of (await readdir(folder)).sort()) {
    const file = resolve(join(folder, name));
    if (!(await stat(file)).isFile()) continue;
    const mayRun = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (mayRun) found.set(name, file);
  }
  if (found.size === 0) throw new Error(`there are no executables in ${folder}`);
  return found;
}

/** The executables that print a definition of protocol version 4. */
export async function providersAmong(
  executables: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const providers = new Map<string, string>();
  for (const [name, file] of executables) {
    const definition = await output(file, 'define');
    if (/"PluginVersion":\s*4\b/.test(definition)) providers.set(name, file);
  }
  return providers;
}

/** The version that an executable prints; empty when it prints none. */
export async function versionSaid(file: string): Promise<string> {
  return (await output(file, 'version')).replace(/^Version:/i, '').trim();
}

async function output(file: string, command: string): Promise<string> {
  const { stdout } = await promisify(execFile)(file, [command], {
    env: { PATH: process.env.PATH, RS_TOKEN: 'catalog' },
    timeout: LIMIT_MS,
    maxBuffer: 64 * 1024 * 1024,
  }).catch(() => ({ stdout: '' }));
  return stdout;
}
