import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Characters of the commit's hash that are shown. Fixed: git's own abbreviation grows with the clone. */
const HASH_LENGTH = 8;

/**
 * The version of what lies in a folder: `vX.Y.Z` from its package.json when HEAD carries the tag of that name, when
 * there is no repository (a tarball) and when it has no commit yet, otherwise `vX.Y.Z+n.gSHA`, where n counts the
 * commits since that tag, or since the beginning when there is no such tag. Throws an Error when there is a repository
 * that git cannot read.
 */
export async function versionOf(root: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const number = (manifest as { version?: unknown } | null)?.version;
  if (typeof number !== 'string' || !/^\d+\.\d+\.\d+$/.test(number)) {
    throw new Error(`${join(root, 'package.json')}: version must be X.Y.Z`);
  }
  const version = `v${number}`;
  const repository = join(root, '.git');
  if (!existsSync(repository)) return version;

  // The repository is named because GIT_DIR may point elsewhere, as it does inside a git hook.
  const git = async (...args: string[]) => {
    const { stdout } = await run('git', [`--git-dir=${repository}`, ...args], { timeout: 30_000 });
    return stdout.trim();
  };
  // 1 says that there is no such thing, other codes that git cannot read the repository.
  const hash = await git('rev-parse', '--verify', '--quiet', 'HEAD').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 1) return undefined;
    throw error;
  });
  if (hash === undefined) return version;
  const tagged = (await git('tag', '--list', version)) === version;
  const commits = await git('rev-list', '--count', tagged ? `${version}..HEAD` : 'HEAD');
  if (tagged && commits === '0') return version;
  return `${version}+${commits}.g${hash.slice(0, HASH_LENGTH)}`;
}
