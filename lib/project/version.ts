import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ModelError, versionProblem } from '../models/index.ts';

const run = promisify(execFile);

/** Characters of the commit's hash in a version. Fixed, since git's own abbreviation grows with the clone. */
const HASH_LENGTH = 8;

/**
 * The version of the sources in a folder. `vX.Y.Z` from package.json when HEAD has the tag of that name and no tracked
 * file is changed, when there is no repository (a tarball), and when it has no commit. Otherwise a pre-release of the
 * next patch, `vX.Y.(Z+1)-dev.N+gSHA`: N counts the commits since that tag, or all commits when the tag does not exist;
 * `.dirty` is appended when a tracked file is changed. The next patch is never 0, since an endpoint accepts no suffix
 * after a third number of 0. Throws Error when package.json has no version that an endpoint accepts, and when git
 * cannot read the repository; ModelError when git is missing.
 */
export async function versionOf(root: string): Promise<string> {
  const manifest = join(root, 'package.json');
  const { version: number } = JSON.parse(await readFile(manifest, 'utf8')) as { version?: unknown };
  const [, first, patch] = (typeof number === 'string' && /^(\d+\.\d+)\.(\d+)$/.exec(number)) || [];
  if (first === undefined || patch === undefined) throw new Error(`${manifest}: version must be X.Y.Z`);
  const version = `v${first}.${patch}`;
  const problem = versionProblem(version);
  if (problem !== undefined) throw new Error(`${manifest}: version: ${problem}`);

  const state = await repositoryState(root, version);
  if (state === undefined || (state.tagged && state.commits === '0' && !state.dirty)) return version;
  const next = `${first}.${BigInt(patch) + 1n}`;
  const hash = state.head.slice(0, HASH_LENGTH);
  return `v${next}-dev.${state.commits}+g${hash}${state.dirty ? '.dirty' : ''}`;
}

/** HEAD in relation to a tag. Undefined when there is no repository or no commit. */
async function repositoryState(root: string, tag: string) {
  const repository = join(root, '.git');
  if (!existsSync(repository)) return undefined;
  // `--git-dir` is given because GIT_DIR and GIT_INDEX_FILE may name another repository, as inside a git hook.
  const { GIT_INDEX_FILE: _, ...env } = process.env;
  const options = { cwd: root, env, timeout: 30_000, maxBuffer: 2 ** 26 };
  const git = async (...args: string[]) => {
    const all = [`--git-dir=${repository}`, `--work-tree=${root}`, ...args];
    const { stdout } = await run('git', all, options).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      const message = `git is missing, which tells the version of ${root}: install it (apt install git)`;
      throw new ModelError(500, message, { cause: error });
    });
    return stdout.trim();
  };
  // Exit code 1 means that there is no commit; other codes that git cannot read the repository.
  const head = await git('rev-parse', '--verify', '--quiet', 'HEAD').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 1) return undefined;
    throw error;
  });
  if (head === undefined) return undefined;
  const tagged = (await git('tag', '--list', tag)) === tag;
  const commits = await git('rev-list', '--count', tagged ? `${tag}..HEAD` : 'HEAD');
  // Without a lock, since another git command may run. Untracked files do not count, as in git describe.
  const changes = await git('--no-optional-locks', 'status', '--porcelain', '--untracked-files=no');
  return { head, tagged, commits, dirty: changes !== '' };
}
