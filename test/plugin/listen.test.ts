import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';

const sample = [process.execPath, join(import.meta.dirname, '../support/sample-plugin.ts')];

test('a socket whose name is a number is a socket, and no TCP port', async () => {
  await using provider = await ProviderProcess.start(sample, { args: ['listen', '65321', '65322'] });
  assert.equal(provider.stdout, 'READY!\n');
  assert.ok(statSync(join(provider.folder, '65321')).isSocket());
});

test('a plugin listens when the environment is that of a worker of the cluster module', async () => {
  await using provider = await ProviderProcess.start(sample, { env: { NODE_UNIQUE_ID: '1' } });
  assert.equal(provider.stdout, 'READY!\n');
  assert.equal((await provider.action('nothing')).status, 200);
});

test('a plugin whose socket cannot be removed ends all the same', async () => {
  await using provider = await ProviderProcess.start(sample);
  await rm(provider.toPlugin);
  await mkdir(provider.toPlugin);
  provider.child.kill('SIGTERM');
  await until(() => provider.child.exitCode !== null, 'the plugin to end');
  assert.deepEqual(await provider.exited, { code: 0, signal: null });
});

for (const [what, make] of [
  ['a file', (path: string) => writeFile(path, 'left over')],
  ['a file that may not be written to', (path: string) => writeFile(path, 'left over', { mode: 0o400 })],
  ['a fifo', async (path: string) => void execFileSync('mkfifo', [path])],
  ['a link to a file', (path: string) => symlink('kept/file', path)],
  ['a link to a folder', (path: string) => symlink('kept', path)],
  ['a link that leads nowhere', (path: string) => symlink('nowhere', path)],
] as const) {
  test(`${what} at the path of the socket is removed, and nothing else`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'listen-'));
    try {
      await mkdir(join(folder, 'kept'));
      await writeFile(join(folder, 'kept', 'file'), '');
      const path = join(folder, 'to');
      await make(path);
      await using provider = await ProviderProcess.start(sample, {
        args: ['listen', path, join(folder, 'from')],
      });
      assert.deepEqual([provider.stdout, provider.stderr], ['READY!\n', '']);
      assert.ok(lstatSync(path).isSocket());
      assert.deepEqual(await readdir(join(folder, 'kept')), ['file']);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

for (const [what, args, problem] of [
  ['an empty socket path', ['', 'from'], 'listen: expected the path of a socket, found an empty one'],
  ['an empty path of the endpoint', ['to', ''], 'listen: expected the path of a socket, found an empty one'],
  ['a folder that is missing', ['none/to', 'from'], 'listen unix ./none/to: there is no folder ./none'],
  [
    'a folder in place of the socket',
    ['.', 'from'],
    'listen unix ./.: is a folder, expected the path of a socket',
  ],
] as const) {
  test(`${what} is Failed, and said to be that`, async () => {
    await using provider = await ProviderProcess.start(sample, { args: ['listen', ...args] });
    assert.equal((await provider.exited).code, 1);
    assert.equal(provider.stdout, 'Failed\n');
    assert.equal(provider.stderr, `Error: ${problem}\n`);
  });
}
