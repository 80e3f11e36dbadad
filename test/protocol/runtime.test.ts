import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryOf } from '../../scripts/measuring/process-usage.ts';
import { binary } from '../support/binary.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';

const BURST = 8 * 1024 * 1024;

test('an executable gives the memory of a burst back when it has nothing to do', {
  skip: process.platform !== 'linux' && 'memory is read from /proc',
}, async () => {
  await using provider = await ProviderProcess.start([binary('incrementer')]);
  const used = () => memoryOf(provider.child.pid ?? 0).privateDirty;
  const before = used();
  // Small values take far more room in memory than on the way.
  const Params = { large: Array.from({ length: BURST / 4 }, () => [1]) };
  const body = JSON.stringify({ Command: 'incrstatus', CommandSet: 'system', Params });
  const { status } = await provider.post('action', body);
  assert.equal(status, 200);
  const busy = used();
  assert.ok(busy > before + 8 * BURST, `${before} bytes before, ${busy} after`);
  await until(() => used() < before + (busy - before) / 2, 'memory to be given back');
  assert.equal((await provider.post('action', '{"Command": "incrstatus"}')).status, 200);
});

test('SIGUSR1 opens no debugger, which would let every user of the host in', async () => {
  await using provider = await ProviderProcess.start([binary('incrementer')]);
  provider.child.kill('SIGUSR1');
  const { status } = await provider.post('action', { Command: 'incrstatus' });
  assert.equal(status, 200);
  assert.equal(provider.stderr, '');
  provider.child.kill('SIGTERM');
  assert.equal((await provider.exited).code, 0);
  assert.equal(provider.stderr, '');
});
