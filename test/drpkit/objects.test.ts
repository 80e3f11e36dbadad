import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
import { until } from '../support/until.ts';
import { Client } from './client.ts';
import { Drpkit } from './drpkit.ts';

test('objects', { concurrency: 2 }, async (t) => {
  await using client = await Client.open();
  const { running } = client;

  await t.test('are created from JSON, from YAML, from a file, from stdin, or by name', async () => {
    const file = join(running.root, 'machine.yaml');
    await writeFile(file, 'Name: by-file.example.com\nDescription: from a file\n');
    const created = await Promise.all([
      client.json(['machines', 'create', '{"Name": "by-json.example.com", "Arch": "arm64"}']),
      client.json(['machines', 'create', '{Name: by-yaml.example.com, Runnable: no}']),
      client.json(['machines', 'create', file]),
      client.json(['machines', 'create', '-'], { input: 'Name: by-stdin.example.com' }),
      client.json(['machines', 'create', 'by-name.example.com']),
    ]);
    const shown = created.map((machine) => {
      const { Name, Arch, Description } = machine as RawModel;
      return [Name, Arch, Description];
    });
    assert.deepEqual(shown, [
      ['by-json.example.com', 'arm64', ''],
      ['by-yaml.example.com', 'amd64', ''],
      ['by-file.example.com', 'amd64', 'from a file'],
      ['by-stdin.example.com', 'amd64', ''],
      ['by-name.example.com', 'amd64', ''],
    ]);
    for (const { Uuid } of created as RawModel[]) await running.ok('DELETE', `machines/${Uuid}`);
  });

  await t.test('that cannot be created are errors of the endpoint, as drpcli shows them', async () => {
    assert.equal(
      await client.error(['profiles', 'create', '{Name: global}']),
      'Error: CREATE: profiles/global: already exists\n',
    );
    assert.match(await client.error(['profiles', 'create', '{Name: 3}']), /^Error: .*profiles.*Name/);
  });

  await t.test('are not created from what is no object', async () => {
    const [template, list, broken] = await Promise.all([
      client.error(['templates', 'create', 'milk']),
      client.error(['machines', 'create', '-'], { input: '[1]' }),
      client.error(['machines', 'create', '{"Name": ']),
    ]);
    assert.equal(template, 'Error: Unable to create a new template by name\n');
    assert.equal(list, 'Error: Unable to create a new machine: expected an object\n');
    assert.match(broken, /^Error: Unable to unmarshal input stream: /);
  });

  await t.test('are shown by key and by unique index, as JSON, YAML and tables', async () => {
    const { Uuid } = await running.ok('POST', 'machines', {
      Name: 'shown.example.com',
      Params: { 'cow/name': 'berta', other: 1 },
      Meta: { a: 'b' },
    });
    const whole = await running.ok('GET', `machines/${Uuid}`);
    const [byKey, byName, yaml, table, text, slim, one] = await Promise.all([
      client.json(['machines', 'show', String(Uuid)]),
      client.json(['machines', 'show', 'Name:shown.example.com']),
      client.text(['machines', 'show', String(Uuid), '--format=yaml']),
      client.text(['machines', 'show', String(Uuid), '-Ftable', '-J', 'Name,Params']),
      client.text(['-F', 'text', '-H', '-J', 'Name', 'machines', 'show', String(Uuid)]),
      client.json(['machines', 'show', String(Uuid), '--slim', 'Params,Meta']),
      client.json(['machines', 'show', String(Uuid), '--params', 'cow/name']),
    ]);
    assert.deepEqual(byKey, whole);
    assert.deepEqual(byName, whole);
    assert.match(yaml, /^Address: ""\nArch: amd64\n/);
    assert.equal(
      table,
      '+--------+-----------------------------+\n| FIELD  | VALUE                       |\n+--------+-----------------------------+\n| Name   | shown.example.com           |\n| Params | map[cow/name:berta other:1] |\n+--------+-----------------------------+\n\n',
    );
    assert.equal(text, 'Name\tshown.example.com\t\n\n');
    assert.deepEqual([(slim as RawModel).Params, (slim as RawModel).Meta], [{}, {}]);
    assert.deepEqual((one as RawModel).Params, { 'cow/name': 'berta' });
    await running.ok('DELETE', `machines/${Uuid}`);
  });

  await t.test('that are not there are errors, of exists as well', async () => {
    const [show, exists, there] = await Promise.all([
      client.error(['plugins', 'show', 'nobody']),
      client.error(['plugins', 'exists', 'nobody']),
      client.text(['plugins', 'exists', 'cow']),
    ]);
    assert.equal(show, 'Error: GET: plugins/nobody: Not Found\n');
    assert.equal(exists, 'Error: plugins:nobody does not exist\n');
    assert.equal(there, '');
  });

  await t.test('are listed and counted by filters in both spellings', async () => {
    for (const name of ['a', 'b', 'c']) {
      await running.ok('POST', 'profiles', { Name: `list-${name}`, Params: { rank: name.codePointAt(0) } });
    }
    const names = async (...args: string[]) => {
      const found = await client.json(['profiles', 'list', ...args]);
      return (found as RawModel[]).map(({ Name }) => Name);
    };
    assert.deepEqual(
      await Promise.all([
        names('Name=list-a'),
        names('Name=Eq(list-b)'),
        names('Name', 'eq', 'list-c'),
        names('Name=Re(^list-)', 'sort=Name', 'reverse=true'),
        names('Name', 'Re', '^list-', 'sort', 'Name', 'reverse', 'limit', '2'),
        names('Name', 'Between', 'list-b', 'list-z'),
        names('Name', 'Between', 'list-b,list-z'),
        names('Name', 'In', 'list-a,list-c', '--limit', '1', '--offset', '1'),
        names('Name=nobody'),
      ]),
      [
        ['list-a'],
        ['list-b'],
        ['list-c'],
        ['list-c', 'list-b', 'list-a'],
        ['list-c', 'list-b'],
        ['list-b', 'list-c'],
        ['list-b', 'list-c'],
        ['list-c'],
        [],
      ],
    );
    const [all, some, indexes] = await Promise.all([
      client.text(['profiles', 'count']),
      client.text(['profiles', 'count', 'Name=Re(^list-)']),
      client.json(['profiles', 'indexes']),
    ]);
    assert.ok(Number(all) > 3);
    assert.equal(some, '3\n');
    assert.ok('Name' in (indexes as object));
  });

  await t.test('are not listed by filters that mean nothing', async () => {
    const errors = await Promise.all([
      client.error(['machines', 'list', 'Name']),
      client.error(['machines', 'list', 'Name', 'Like', 'x']),
      client.error(['machines', 'list', 'Name', 'Eq']),
      client.error(['machines', 'list', 'sort']),
      client.error(['machines', 'list', 'Name', 'Between', 'a']),
    ]);
    assert.deepEqual(errors, [
      'Error: CLIENT_ERROR: Invalid Filter: Name requires an op and at least 1 parameter\n',
      'Error: CLIENT_ERROR: Invalid Filter Name: unknown op Like\n',
      'Error: CLIENT_ERROR: Invalid Filter: Name op Eq requires 1 parameter\n',
      'Error: CLIENT_ERROR: Invalid Filter: sort requires exactly one parameter\n',
      'Error: CLIENT_ERROR: Invalid Filter: Name op Between requires 1 or 2 parameters\n',
    ]);
  });

  await t.test('are updated in depth, patched and destroyed', async () => {
    await running.ok('POST', 'profiles', {
      Name: 'changed',
      Description: 'before',
      Params: { 'x/a': { b: 1, c: 2 }, 'x/d': [1] },
    });
    const updated = await client.json([
      'profiles',
      'update',
      'changed',
      '{Params: {x/a: {b: 3, c: null}, x/d: [2]}}',
    ]);
    assert.deepEqual((updated as RawModel).Params, { 'x/a': { b: 3 }, 'x/d': [2] });
    assert.equal((updated as RawModel).Description, 'before');
    const patched = await client.json([
      'profiles',
      'patch',
      'changed',
      '[{"op": "replace", "path": "/Description", "value": "after"}]',
    ]);
    assert.equal((patched as RawModel).Description, 'after');
    assert.match(
      await client.error(['profiles', 'patch', 'changed', '[{"op": "test", "path": "/Name", "value": "x"}]']),
      /^Error: PATCH: profiles\/changed\n {2}Patch error at line 0: Test op failed/,
    );
    assert.equal(
      await client.error(['profiles', 'patch', 'changed', '{}']),
      'Error: A JSON patch is a list of operations\n',
    );
    assert.equal(await client.text(['profiles', 'destroy', 'changed']), 'Deleted profile changed\n');
    assert.equal(
      await client.error(['profiles', 'destroy', 'changed']),
      'Error: DELETE: profiles/changed: Not Found\n',
    );
  });

  await t.test('are updated only if they are what --ref says', async () => {
    const before = await running.ok('POST', 'profiles', { Name: 'referred', Description: 'one' });
    const ref = JSON.stringify(before);
    const change = (text: string) => [
      'profiles',
      'update',
      'referred',
      `{Description: ${text}}`,
      '--ref',
      ref,
    ];
    assert.equal(((await client.json(change('two'))) as RawModel).Description, 'two');
    assert.match(
      await client.error(change('three')),
      /^Error: PATCH: profiles\/referred\n {2}Patch error at line 0: Test op failed/,
    );
  });

  await t.test('get and lose profiles', async () => {
    await running.ok('POST', 'profiles', { Name: 'added' });
    const { Uuid } = await running.ok('POST', 'machines', { Name: 'profiled.example.com' });
    const profiles = async (command: string) => {
      const machine = await client.json(['machines', command, String(Uuid), 'added']);
      return (machine as RawModel).Profiles;
    };
    assert.deepEqual(await profiles('addprofile'), ['added']);
    assert.deepEqual(await profiles('removeprofile'), []);
  });

  await t.test('are waited for', async () => {
    await running.ok('POST', 'profiles', { Name: 'awaited', Description: 'one' });
    const wait = ['profiles', 'wait', 'awaited', 'Description'];
    assert.equal(await client.text([...wait, 'one']), 'complete\n');
    assert.equal(await client.text([...wait, 'two', '0']), 'timeout\n');
    await using waiting = await Drpkit.start([...wait, 'two'], { env: client.env });
    await running.call('PATCH', 'profiles/awaited', {
      body: [{ op: 'replace', path: '/Description', value: 'two' }],
    });
    assert.equal((await waiting.ended).stdout, 'complete\n');
    const traced = ['--trace', 'info', '--trace-token', 'waiting for three'];
    await using interrupted = await Drpkit.start([...wait, 'three', ...traced], { env: client.env });
    await until(
      () => running.log.some(({ Message }) => Message.includes('waiting for three')),
      'the first request of the wait',
    );
    assert.equal((await interrupted.end('SIGINT')).stdout, 'interrupt\n');
    assert.match(
      await client.error([...wait, 'two', 'soon']),
      /^Error: timeout: expected whole seconds, found soon/,
    );
  });

  await t.test("of a provider's own type are reached with -l", async () => {
    const extended = (...args: string[]) => ['extended', '-l', 'cows', ...args];
    const created = await client.json(extended('create', '{Id: berta}'));
    assert.equal((created as RawModel).Type, 'cows');
    await client.json(extended('set', 'berta', 'param', 'age', 'to', '3'));
    const [first] = (await client.json(extended('list', 'Id=berta'))) as RawModel[];
    assert.deepEqual(first?.Params, { age: 3 });
    assert.equal(await client.text(extended('destroy', 'berta')), 'Deleted extended berta\n');
  });

  await t.test('with errors are failures with -X', async () => {
    const stage = '{Name: incomplete, Tasks: [nobody]}';
    const { code, stdout, stderr } = await client.run(['stages', 'create', stage, '-X']);
    assert.equal(code, 1);
    assert.match(stdout, /"Name": "incomplete"/);
    assert.match(stderr, /^Error: .*nobody/);
    assert.equal((await client.run(['stages', 'show', 'incomplete'])).code, 0);
  });
});
