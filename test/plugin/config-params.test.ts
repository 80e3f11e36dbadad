import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';

const packed = [process.execPath, join(import.meta.dirname, '../support/pack-plugin.ts')];

test('config gets the params of the plugin, checked, and the defaults of those that are not set', async () => {
  await using provider = await ProviderProcess.start(packed);
  assert.equal((await provider.post('config', { Name: 'one', 'packed/given': 'x', stray: 1 })).status, 200);
  const line = () => provider.endpoint.lines.find(({ Message }) => Message.startsWith('params '))?.Message;
  await until(() => line() !== undefined, 'the params');
  assert.equal(line(), 'params {"packed/given":"x","stray":1,"packed/level":3}');
  const { status, json } = await provider.post('config', { 'packed/level': 'high' });
  assert.equal(status, 400);
  assert.deepEqual((json as { Messages: string[] }).Messages, [
    'Params.packed/level: must be integer, found "high"',
  ]);
});
