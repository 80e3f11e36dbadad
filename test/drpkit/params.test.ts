import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from './client.ts';

test('params', { concurrency: 2 }, async (t) => {
  await using client = await Client.open();
  const { running } = client;
  const machine = async (name: string, params = {}) => {
    const { Uuid } = await running.ok('POST', 'machines', { Name: `${name}.example.com`, Params: params });
    return String(Uuid);
  };

  await t.test('are set, got and removed; the value is JSON or YAML', async () => {
    const id = await machine('set');
    const set = (value: string, input?: string) =>
      client.text(['machines', 'set', id, 'param', 'some/thing', 'to', value], { input });
    assert.equal(await set('4'), '4\n');
    assert.equal(await set('text'), '"text"\n');
    assert.equal(await set('-', '[1, yes]'), '[\n  1,\n  true\n]\n');
    assert.deepEqual(await client.json(['machines', 'get', id, 'param', 'some/thing']), [1, true]);
    assert.deepEqual(await client.json(['machines', 'params', id]), { 'some/thing': [1, true] });
    assert.deepEqual(await client.json(['machines', 'remove', id, 'param', 'some/thing']), [1, true]);
    assert.equal(await client.text(['machines', 'get', id, 'param', 'some/thing']), 'null\n');
  });

  await t.test('negative numbers are values, not flags', async () => {
    const id = await machine('negative');
    assert.equal(await client.text(['machines', 'set', id, 'param', 'x', 'to', '-1']), '-1\n');
  });

  await t.test('that a schema refuses are errors', async () => {
    const id = await machine('refused');
    const error = await client.error(['machines', 'set', id, 'param', 'cow/count', 'to', 'many']);
    assert.match(error, /^Error: .*cow\/count/s);
  });

  await t.test('are looked for in profiles and defaults with --aggregate', async () => {
    const id = await machine('aggregate');
    await client.json(['machines', 'addprofile', id, 'herd-profile']);
    const get = (name: string) => client.json(['machines', 'get', id, 'param', name, '--aggregate']);
    assert.deepEqual(await Promise.all([get('cow/name'), get('cow/count')]), ['Berta', 7]);
    assert.deepEqual(await client.json(['machines', 'params', id]), {});
    const all = await client.json(['machines', 'params', id, '--aggregate', '--params', 'cow/name']);
    assert.deepEqual(all, { 'cow/name': 'Berta' });
  });

  await t.test(
    'that are secure are sealed before they are sent, and shown open with --decode only',
    async () => {
      const id = await machine('secure');
      const sealed = await client.json(['machines', 'set', id, 'param', 'cow/secret', 'to', 'quiet']);
      assert.deepEqual(Object.keys(sealed as object), ['Key', 'Nonce', 'Payload']);
      assert.deepEqual(await client.json(['machines', 'get', id, 'param', 'cow/secret']), sealed);
      assert.equal(
        await client.text(['machines', 'get', id, 'param', 'cow/secret', '--decode']),
        '"quiet"\n',
      );
      assert.deepEqual(await client.json(['machines', 'params', id, '--decode']), { 'cow/secret': 'quiet' });
      const all = await client.json(['machines', 'params', id, '{cow/secret: loud, other: 1}']);
      assert.deepEqual(Object.keys((all as Record<string, object>)['cow/secret'] ?? {}), [
        'Key',
        'Nonce',
        'Payload',
      ]);
      assert.deepEqual(await client.json(['machines', 'params', id, '--decode']), {
        'cow/secret': 'loud',
        other: 1,
      });
    },
  );

  await t.test('are added only where they are not set', async () => {
    const id = await machine('add');
    const add = ['machines', 'add', id, 'param', 'a/b', 'to'];
    assert.equal(await client.text([...add, '1']), '1\n');
    assert.equal(await client.error([...add, '2']), `Error: Key, a/b, already present on machine ${id}\n`);
    assert.match(await client.error([...add, '2', '--ref', '{}']), /^Error: PATCH: machines/);
    assert.equal(await client.text(['machines', 'get', id, 'param', 'a/b']), '1\n');
  });

  await t.test('are set and removed only where they are what --ref says', async () => {
    const id = await machine('ref', { a: 1, b: 2 });
    assert.equal(await client.text(['machines', 'set', id, 'param', 'a', 'to', '3', '-r', '1']), '3\n');
    assert.match(
      await client.error(['machines', 'set', id, 'param', 'a', 'to', '4', '-r', '1']),
      /^Error: PATCH: /,
    );
    assert.match(await client.error(['machines', 'remove', id, 'param', 'b', '-r', '1']), /^Error: PATCH: /);
    assert.deepEqual(await client.json(['machines', 'remove', id, 'param', 'b', '-r', '2']), { a: 3 });
  });

  await t.test('are replaced as a whole, with --ref only if they are what that says', async () => {
    const id = await machine('all', { a: 1 });
    assert.deepEqual(await client.json(['machines', 'params', id, '{b: 2}']), { b: 2 });
    assert.match(await client.error(['machines', 'params', id, '{c: 3}', '-r', '{a: 1}']), /^Error: PATCH: /);
    assert.deepEqual(await client.json(['machines', 'params', id, '{c: 3}', '-r', '{b: 2}']), { c: 3 });
    assert.equal(
      await client.error(['machines', 'params', id, '[]']),
      'Error: params: expected an object, found a list\n',
    );
  });

  await t.test('of an object that is not there are errors', async () => {
    assert.equal(
      await client.error(['profiles', 'params', 'nobody']),
      'Error: GET: profiles/nobody: Not Found\n',
    );
  });
});
