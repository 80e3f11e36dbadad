import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AvailableAction } from '../../lib/models/index.ts';
import { Client } from './client.ts';

test('actions', { concurrency: 2 }, async (t) => {
  await using client = await Client.open();
  const { running } = client;
  const { Uuid } = await running.ok('POST', 'machines', {
    Name: 'meadow.example.com',
    Params: { 'cow/name': 'berta' },
  });
  await running.secret(`machines/${Uuid}`, 'cow/secret', 'quiet');
  const id = String(Uuid);

  await t.test('are listed and shown', async () => {
    const listed = (await client.json(['machines', 'actions', id])) as AvailableAction[];
    assert.deepEqual(
      listed.map(({ Command, Provider }) => [Command, Provider]),
      [['milk', 'cow']],
    );
    assert.deepEqual(await client.json(['machines', 'action', id, 'milk']), listed[0]);
    assert.deepEqual(await client.json(['machines', 'actions', id, '--plugin', 'cow']), listed);
    assert.match(await client.error(['machines', 'action', id, 'shear']), /^Error: .*shear/);
  });

  const params = async (...args: string[]) => {
    const result = await client.json(['machines', 'runaction', 'Name:meadow.example.com', 'milk', ...args]);
    return (result as { params: object }).params;
  };

  await t.test('run with params from pairs, JSON, a file and stdin', async () => {
    const file = join(running.root, 'params.yaml');
    await writeFile(file, 'cow/count: 5\n');
    const given = (count: number) => ({ 'cow/name': 'berta', 'cow/secret': 'quiet', 'cow/count': count });
    assert.deepEqual(
      await Promise.all([
        params(),
        params('cow/count', '3'),
        params('{"cow/count": 4}'),
        params(file),
        params('cow/count', '010', 'cow/name', 'berta'),
      ]),
      [given(7), given(3), given(4), given(5), given(8)],
    );
    const fromStdin = await client.json(['machines', 'runaction', id, 'milk', '-'], {
      input: 'cow/count: 6',
    });
    assert.deepEqual((fromStdin as { params: object }).params, given(6));
  });

  await t.test('of the system and of plugins run too', async () => {
    assert.equal(await client.text(['plugins', 'runaction', 'cow', 'whoami']), '"cow"\n');
    const listed = (await client.json(['system', 'actions'])) as AvailableAction[];
    assert.ok(listed.some(({ Command }) => Command === 'fail'));
    assert.match(await client.text(['system', 'runaction', 'moo', '--format', 'text']), /^<nil>$|^\w*$/m);
  });

  await t.test('that fail are errors, in the words of the plugin', async () => {
    assert.equal(
      await client.error(['system', 'runaction', 'fail']),
      'Error: INVOKE: plugin/cow: no coffee\n',
    );
  });

  await t.test('are not run with params that are none, or that a schema refuses', async () => {
    const [text, broken, schema, nobody] = await Promise.all([
      client.error(['machines', 'runaction', id, 'milk', 'text']),
      client.error(['machines', 'runaction', id, 'milk', 'cow/count', '{']),
      client.error(['machines', 'runaction', id, 'milk', 'cow/count', '-3']),
      client.error(['machines', 'runaction', id, 'milk', '--plugin', 'nobody']),
    ]);
    assert.equal(
      text,
      'Error: Invalid parameters: expected an object, found a string; give one object, or pairs of a name and a value\n',
    );
    assert.match(broken, /^Error: Invalid parameters: cow\/count: Unable to unmarshal input stream: /);
    assert.match(schema, /^Error: .*cow\/count/s);
    assert.match(nobody, /^Error: /);
  });

  await t.test('may be named with the plugin, by machines, plugins and the system', async () => {
    const [shown, milk, whoami, moo] = await Promise.all([
      client.json(['machines', 'action', id, 'cow:milk']),
      client.json(['machines', 'runaction', id, 'cow:milk', 'cow/count', '3']),
      client.text(['plugins', 'runaction', 'cow', 'cow:whoami', '--plugin', 'cow']),
      client.run(['system', 'runaction', 'cow:moo']),
    ]);
    assert.equal((shown as AvailableAction).Command, 'milk');
    assert.equal((milk as { params: Record<string, unknown> }).params['cow/count'], 3);
    assert.equal(whoami, '"cow"\n');
    assert.equal(moo.code, 0, moo.stderr);
    const [nobody, two] = await Promise.all([
      client.error(['system', 'runaction', 'nobody:moo']),
      client.error(['system', 'runaction', 'cow:moo', '--plugin', 'pig']),
    ]);
    assert.match(nobody, /^Error: .*nobody/);
    assert.equal(two, 'Error: plugin: cow:moo is an action of cow, and --plugin says pig\n');
  });
});
