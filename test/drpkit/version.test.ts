import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { versionProblem } from '../../lib/models/index.ts';
import { versionOf } from '../../lib/project/index.ts';
import { drpkit } from './drpkit.ts';

const root = join(import.meta.dirname, '../..');

test('drpkit says the same version from its sources as a build of them', async () => {
  const fromSource = await drpkit(['version'], { command: [join(root, 'scripts', 'drpkit')] });
  assert.deepEqual([fromSource.code, fromSource.stderr], [0, '']);
  assert.equal(fromSource.stdout, `Version: ${await versionOf(root)}\n`);
  assert.equal((await drpkit(['--version'])).stdout, fromSource.stdout);
});

test('a new project has versions that an endpoint takes from its first commit on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'new-'));
  const project = join(folder, 'hello');
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.invalid', ...args], {
      cwd: project,
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    });
  try {
    const made = await drpkit(['new', project, '--kit', root]);
    assert.equal(made.code, 0, made.stderr);
    const { version } = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'));
    for (const suffix of ['', '-rc.1', '+3.gabcdef0', '-dev.3+gabcdef0']) {
      assert.equal(versionProblem(`v${version}${suffix}`), undefined);
    }
    assert.equal(await versionOf(project), `v${version}`);
    git('init', '--quiet');
    git('add', '.');
    git('commit', '--quiet', '--message', 'begin');
    const built = await versionOf(project);
    assert.match(built, /-dev\.1\+g[0-9a-f]{8}$/);
    assert.equal(versionProblem(built), undefined);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
