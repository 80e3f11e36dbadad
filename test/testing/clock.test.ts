import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startTestEndpoint } from '../../lib/testing/index.ts';

const plugin = join(import.meta.dirname, 'looping/main.ts');

test('background work sleeps until the test lets time pass, all of it in order', async () => {
  await using endpoint = await startTestEndpoint({ plugin, clock: 'stopped' });
  const rounds = () => endpoint.run('rounds');
  const hour = 3_600_000;
  await endpoint.clock.advance(hour - 1);
  assert.deepEqual(await rounds(), ['slow 0', 'quick 0', 'quick 20', 'quick 40']);
  await endpoint.clock.advance(1);
  assert.deepEqual(((await rounds()) as string[]).slice(4), ['slow 60', 'quick 60']);
  // The third round of the slow one fails: it begins again after a second.
  await endpoint.clock.advance(hour + 1_000);
  assert.deepEqual(((await rounds()) as string[]).slice(6), [
    'quick 80',
    'quick 100',
    'slow 120',
    'quick 120',
    'slow 120',
  ]);
  assert.ok(endpoint.logs.some(({ Message }) => /failed, and begins again in 1 s: enough/.test(Message)));
});

test('a clock that runs, and one of an executable, cannot be moved', async () => {
  await assert.rejects(
    startTestEndpoint({ plugin: '/bin/hello', clock: 'stopped' }),
    /clock: .*from its source, not for \/bin\/hello/,
  );
});
