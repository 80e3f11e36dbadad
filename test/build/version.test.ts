import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { versionOf } from '../../scripts/packaging/version.ts';

suite('the version of a build', () => {
  let root = '';

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'version-'));
    await writeFile(join(root, 'package.json'), '{"version":"1.2.3"}');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  function git(...args: string[]): string {
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.invalid'];
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
    return execFileSync('git', [...identity, ...args], { cwd: root, encoding: 'utf8', env }).trim();
  }
  const commit = () => git('commit', '--quiet', '--allow-empty', '--message', 'change');
  const head = () => git('rev-parse', 'HEAD').slice(0, 8);

  test('is the plain number where there is no repository', async () => {
    assert.equal(await versionOf(root), 'v1.2.3');
  });

  test('is the plain number before the first commit', async () => {
    git('init', '--quiet');
    assert.equal(await versionOf(root), 'v1.2.3');
  });

  test('counts the commits since the beginning when the version has no tag', async () => {
    git('init', '--quiet');
    commit();
    git('tag', 'v1.2.2');
    commit();
    assert.equal(await versionOf(root), `v1.2.3+2.g${head()}`);
  });

  test('is the plain number on the commit with its tag, and counts from there', async () => {
    git('init', '--quiet');
    commit();
    git('tag', 'v1.2.3');
    assert.equal(await versionOf(root), 'v1.2.3');
    commit();
    assert.equal(await versionOf(root), `v1.2.3+1.g${head()}`);
  });

  test('is not guessed when git cannot read the repository', async () => {
    await writeFile(join(root, '.git'), 'not a repository');
    await assert.rejects(versionOf(root), /git/);
  });

  test('needs a number in package.json', async () => {
    await writeFile(join(root, 'package.json'), '{"version":"next"}');
    await assert.rejects(versionOf(root), /package\.json: version must be X\.Y\.Z/);
  });
});
