import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
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

for (const [what, args, problem] of [
  ['an empty socket path', ['', 'from'], 'listen: expected the path of a socket, found an empty one'],
  ['an empty path of the endpoint', ['to', ''], 'listen: expected the path of a socket, found an empty one'],
  ['a folder that is missing', ['none/to', 'from'], 'listen unix ./none/to: there is no folder ./none'],
] as const) {
  test(`${what} is Failed, and said to be that`, async () => {
    await using provider = await ProviderProcess.start(sample, { args: ['listen', ...args] });
    assert.equal((await provider.exited).code, 1);
    assert.equal(provider.stdout, 'Failed\n');
    assert.equal(provider.stderr, `Error: ${problem}\n`);
  });
}
