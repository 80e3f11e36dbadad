import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { versionProblem } from '../../lib/models/index.ts';
import { versionOf } from '../../lib/project/index.ts';

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

  test('cannot be told without git, which an error says in one line', async () => {
    git('init', '--quiet');
    const { PATH } = process.env;
    process.env.PATH = root;
    try {
      await assert.rejects(versionOf(root), {
        name: 'ModelError',
        message: `git is missing, which tells the version of ${root}: install it (apt install git)`,
      });
    } finally {
      process.env.PATH = PATH;
    }
  });

  test('counts the commits since the beginning when the version has no tag', async () => {
    git('init', '--quiet');
    commit();
    git('tag', 'v1.2.2');
    commit();
    assert.equal(await versionOf(root), `v1.2.4-dev.2+g${head()}`);
  });

  test('is the plain number on the commit with its tag, and counts from there', async () => {
    git('init', '--quiet');
    commit();
    git('tag', 'v1.2.3');
    assert.equal(await versionOf(root), 'v1.2.3');
    commit();
    assert.equal(await versionOf(root), `v1.2.4-dev.1+g${head()}`);
  });

  test('says that a file is changed, on the commit with the tag as on others', async () => {
    git('init', '--quiet');
    git('add', 'package.json');
    commit();
    git('tag', 'v1.2.3');
    await writeFile(join(root, 'untracked'), '');
    assert.equal(await versionOf(root), 'v1.2.3');
    await writeFile(join(root, 'package.json'), '{ "version": "1.2.3" }');
    assert.equal(await versionOf(root), `v1.2.4-dev.0+g${head()}.dirty`);
    git('commit', '--quiet', '--all', '--message', 'change');
    assert.equal(await versionOf(root), `v1.2.4-dev.1+g${head()}`);
    git('rm', '--quiet', '--cached', 'package.json');
    assert.equal(await versionOf(root), `v1.2.4-dev.1+g${head()}.dirty`);
  });

  test('is one that an endpoint takes, whatever the number and the state of the repository', async () => {
    const take = async (number: string) => {
      await writeFile(join(root, 'package.json'), JSON.stringify({ version: number }));
      const version = await versionOf(root);
      assert.equal(versionProblem(version), undefined, version);
    };
    const numbers = ['1.0.0', '0.1.0', '0.0.0', '4.8.0', '1.2.3', '2.0.9', '1.10.0', '1.0.10'];
    for (const number of numbers) await take(number);
    git('init', '--quiet');
    for (const number of numbers) await take(number);
    git('add', 'package.json');
    commit();
    for (const number of numbers) await take(number);
    for (const number of numbers) git('tag', `v${number}`);
    for (const number of numbers) await take(number);
    commit();
    for (const number of numbers) await take(number);
  });

  test('is that of the folder also inside a git hook of another repository', async () => {
    git('init', '--quiet');
    git('add', 'package.json');
    commit();
    const before = { ...process.env };
    Object.assign(process.env, {
      GIT_DIR: '/nonexistent',
      GIT_INDEX_FILE: '/nonexistent/index',
      GIT_WORK_TREE: '/',
    });
    try {
      assert.match(await versionOf(root), /^v1\.2\.4-dev\.1\+g[0-9a-f]{8}$/);
    } finally {
      for (const name of ['GIT_DIR', 'GIT_INDEX_FILE', 'GIT_WORK_TREE']) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
  });

  test('is not guessed when git cannot read the repository', async () => {
    await writeFile(join(root, '.git'), 'not a repository');
    await assert.rejects(versionOf(root), /git/);
  });

  test('needs a number in package.json', async () => {
    await writeFile(join(root, 'package.json'), '{"version":"next"}');
    await assert.rejects(versionOf(root), /package\.json: version must be X\.Y\.Z/);
    await writeFile(join(root, 'package.json'), `{"version":"1.${'9'.repeat(20)}.3"}`);
    await assert.rejects(
      versionOf(root),
      /package\.json: version: "v1\.9+\.3" is not a version that an endpoint takes/,
    );
  });
});
