import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Running } from '../endpoint/running-endpoint.ts';
import { Runner } from './runner.ts';

test('meta data', async (t) => {
  await using running = await Running.open();
  using drpkit = new Runner({ RS_ENDPOINT: running.endpoint.url, RS_TOKEN: running.endpoint.token });
  await running.ok('POST', 'profiles', { Name: 'one', Meta: { icon: 'cow' } });
  const meta = (...argv: string[]) => ['profiles', 'meta', ...argv];

  await t.test('are shown, as a whole and one by one', async () => {
    assert.deepEqual(await drpkit.json(...meta('one')), { icon: 'cow' });
    assert.equal(await drpkit.json(...meta('get', 'one', 'icon')), 'cow');
    assert.equal(await drpkit.error(...meta('get', 'one', 'x')), 'Error: No such metadata item x');
    assert.match(await drpkit.error(...meta('nobody')), /^Error: GET: profiles\/nobody: Not Found$/);
  });

  await t.test('are set, added and removed; all are texts', async () => {
    assert.equal(await drpkit.json(...meta('set', 'one', 'key', 'a/b', 'to', '5')), '5');
    assert.equal(await drpkit.json(...meta('set', 'one', 'key', 'icon', 'to', 'pig')), 'pig');
    assert.equal(await drpkit.json(...meta('add', 'one', 'key', 'color', 'val', 'blue')), 'blue');
    assert.equal(
      await drpkit.error(...meta('add', 'one', 'key', 'color', 'val', 'red')),
      'Error: Key, color, already present on profile one',
    );
    assert.equal(await drpkit.text(...meta('remove', 'one', 'key', 'color')), '');
    assert.deepEqual(await drpkit.json(...meta('one')), { 'a/b': '5', icon: 'pig' });
    assert.match(await drpkit.error(...meta('set', 'one', 'key', 'x', 'to', '[1]')), /meta data are texts/);
  });

  await t.test('are changed only if they are what --ref says', async () => {
    const set = meta('set', 'one', 'key', 'icon', 'to', 'dog');
    assert.match(await drpkit.error(...set, '--ref', 'cow'), /^Error: PATCH: /);
    assert.equal(await drpkit.json(...set, '--ref', 'pig'), 'dog');
    assert.match(
      await drpkit.error(...meta('remove', 'one', 'key', 'icon'), '--ref', 'pig'),
      /^Error: PATCH/,
    );
    assert.equal(await drpkit.text(...meta('remove', 'one', 'key', 'icon'), '--ref', 'dog'), '');
  });
});
