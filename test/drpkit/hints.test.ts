import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hintFor } from '../../cmd/drpkit/hints.ts';
import { ModelError } from '../../lib/models/index.ts';
import { Client } from './client.ts';

const session = (code: number, cause?: unknown) =>
  hintFor(new ModelError(code, 'Error creating Session: something', { cause })) ?? '';

test('an endpoint that is not there, wrong credentials and a name in place of a Uuid are told what to do about', () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  assert.match(
    session(503, new ModelError(503, 'x', { cause: refused })),
    /'drpkit endpoint --root dev'.*\n.*RS_ENDPOINT/,
  );
  const download = new ModelError(502, 'Error opening http://127.0.0.1:9', { cause: refused });
  assert.equal(hintFor(download), undefined);
  assert.match(session(403), /RS_KEY=USER:PASSWORD.*\n?.*first start/s);
  const missing = (model: string, key: string) => hintFor(new ModelError(404, 'Not Found', { model, key }));
  assert.match(missing('machines', 'web1') ?? '', /Name:web1$/);
  for (const key of ['Name:web1', '5e7031fc-3062-45f1-835c-92541bc9cbd3'])
    assert.equal(missing('machines', key), undefined);
  assert.equal(missing('profiles', 'one'), undefined);
  assert.equal(hintFor(new Error('other')), undefined);
});

test('fields and params that go nowhere are warned of, with the nearest name', async () => {
  await using client = await Client.open();
  const said = async (...args: string[]) => (await client.run(args)).stderr;
  const made = await said('machines', 'create', '{"Name": "web1", "Descripton": "x", "Bogus": 1}');
  assert.match(
    made,
    /^Warning: machines have no field Descripton, and it is left out; did you mean Description\?$/m,
  );
  assert.match(made, /^Warning: machines have no field Bogus, and it is left out$/m);
  const { Uuid } = await client.running.ok('GET', 'machines/Name:web1');
  await client.running.secret(`machines/${Uuid}`, 'cow/secret', 'quiet');
  await client.running.ok('POST', `machines/${Uuid}/params/cow/name`, '"rosa"', 200);
  const ran = await said(
    'machines',
    'runaction',
    'Name:web1',
    'milk',
    'cow/counts',
    '5',
    'cow/name',
    'berta',
  );
  assert.match(
    ran,
    /^Warning: milk has no param cow\/counts, and does not get it; did you mean cow\/count\?$/m,
  );
  assert.doesNotMatch(ran, /cow\/name/);
  assert.match(
    await said('machines', 'runaction', 'Name:web1', 'MILLK'),
    /^Did you mean milk\?\nError: .*Not Found$/m,
  );
  const set = (name: string, value: string) =>
    said('machines', 'set', 'Name:web1', 'param', name, 'to', value);
  assert.equal(await set('cow/nme', 'x'), 'Warning: no param cow/nme is defined; did you mean cow/name?\n');
  assert.equal(await set('rack', 'r4'), '');
});

test('a URL as the value of a param is fetched, and how to set the URL itself is said', async () => {
  await using client = await Client.open();
  await client.running.ok('POST', 'profiles', { Name: 'web' });
  const set = (value: string) => client.run(['profiles', 'set', 'web', 'param', 'hook', 'to', value]);
  const fetched = await set('http://127.0.0.1:1/hook');
  assert.equal(
    fetched.stderr.split('\n')[0],
    `The value is what http://127.0.0.1:1/hook serves; to set the URL itself, write '"http://127.0.0.1:1/hook"'`,
  );
  assert.doesNotMatch(fetched.stderr, /Is an endpoint running/);
  assert.deepEqual(await set('"http://127.0.0.1:1/hook"'), {
    code: 0,
    stdout: '"http://127.0.0.1:1/hook"\n',
    stderr: '',
  });
});
