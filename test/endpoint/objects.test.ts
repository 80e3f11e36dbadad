import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
import { until } from '../support/until.ts';
import { Running } from './running-endpoint.ts';

const UUID = '3e7031fc-3062-45f1-835c-92541bc9cbd3';

test('a machine that is little more than a name gets everything that the real endpoint gives it', async () => {
  await using running = await Running.open();
  const machine = await running.ok('POST', 'machines', { Name: 'ws1.example.com', Uuid: UUID });
  // A machine as the last public server had it; later ones have more fields and not this one.
  const { Profile: _old, ...recorded } = {
    Validated: true,
    Available: true,
    Errors: [],
    ReadOnly: false,
    Meta: { 'feature-flags': 'change-stage-v2' },
    Endpoint: '',
    Bundle: '',
    Partial: false,
    Name: 'ws1.example.com',
    Description: '',
    Uuid: UUID,
    CurrentJob: '',
    Address: '',
    Stage: 'none',
    BootEnv: 'local',
    Profiles: [],
    Profile: {},
    Params: {},
    Tasks: [],
    Runnable: true,
    OS: '',
    HardwareAddrs: [],
    Workflow: '',
    Arch: 'amd64',
    Locked: false,
  };
  for (const [field, value] of Object.entries(recorded)) assert.deepEqual(machine[field], value, field);
  // A machine without tasks is done, in version 4.8; the older server began at -1.
  assert.deepEqual([machine.CurrentTask, machine.WorkflowComplete], [0, true]);
  assert.match(String(machine.Secret), /^[\w-]{16}$/);
  const another = await running.ok('POST', 'machines', {
    name: 'ws2.example.com',
    uuid: '',
    Arch: '',
    Pool: '',
  });
  assert.deepEqual([another.Arch, another.Pool], ['amd64', 'default']);
  assert.match(String(another.Uuid), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

test('an object is found by its key, by its unique fields, and by a key with slashes however it is written', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'machines', { Name: 'm1', Uuid: UUID });
  for (const key of [UUID, `Uuid:${UUID}`, `Key:${UUID}`, 'Name:m1', 'Name%3Am1']) {
    assert.equal((await running.ok('GET', `machines/${key}`)).Uuid, UUID, key);
    assert.equal((await running.call('HEAD', `machines/${key}`)).status, 200);
  }
  for (const key of ['m1', 'Name:m2', 'Stage:none', 'Name:'])
    await running.refused(404, 'GET', `machines/${key}`);
  assert.equal((await running.call('HEAD', 'machines/m1')).status, 404);
  await running.ok('POST', 'params', { Name: 'a/b/params', Schema: { type: 'string' } });
  for (const key of ['a/b/params', 'a%2Fb%2Fparams']) {
    assert.equal((await running.ok('GET', `params/${key}`)).Name, 'a/b/params');
  }
  await running.refused(404, 'GET', 'nothing');
  await running.refused(404, 'POST', 'nothing', { body: {} });
  await running.refused(405, 'DELETE', 'machines');
});

test('a second object with the same key is a conflict, with the same unique name it is not valid', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'machines', { Name: 'm1', Uuid: UUID });
  assert.match(
    await running.refused(409, 'POST', 'machines', { body: { Name: 'm2', Uuid: UUID } }),
    /already exists/,
  );
  const uuid = UUID.replace('3', '4');
  assert.equal(
    await running.refused(422, 'POST', 'machines', { body: { Name: 'm1', Uuid: uuid } }),
    `machines:${uuid} violates unique index Name`,
  );
  const { Uuid } = await running.ok('POST', 'machines', { Name: 'm2' });
  const body = [{ op: 'replace', path: '/Name', value: 'm1' }];
  await running.refused(422, 'PATCH', `machines/${Uuid}`, { body });
  assert.equal((await running.ok('GET', `machines/${Uuid}`)).Name, 'm2');
});

test('an object that is not right is refused, and the answer names what is wrong', async () => {
  await using running = await Running.open();
  const cases: [string, unknown, number, RegExp][] = [
    ['machines', {}, 422, /Invalid Name/],
    ['machines', { Name: '{asdgasdg' }, 422, /Invalid Name `{asdgasdg`/],
    ['profiles', { Name: `${'a'.repeat(50_000)}!` }, 422, /Invalid Name/],
    ['machines', { Name: 'm', Uuid: 'zip' }, 422, /Invalid Uuid `zip`/],
    ['machines', { Name: 'm1', Arch: 'z80' }, 422, /Unsupported arch z80/],
    ['machines', { Name: 'm1', Arch: 'x86_64' }, 422, /amd64 for Arch/],
    ['machines', { Name: 'm1', HardwareAddrs: ['zip'] }, 422, /Hardware Address `zip`/],
    ['machines', { Name: 'm1', Stage: 'john2' }, 422, /Stage john2 does not exist/],
    ['machines', { Name: 'm1', BootEnv: 'john2' }, 422, /Bootenv john2 does not exist/],
    ['machines', { Name: 'm1', Profiles: ['john2'] }, 422, /Profile john2 \(at 0\) does not exist/],
    ['machines', { Name: 'm1', Profiles: ['global', 'global'] }, 422, /Duplicate profile global: at 0 and 1/],
    ['machines', { Name: 7 }, 400, /Name: expected string, not number/],
    ['machines', { Name: 'm1', Params: [] }, 400, /Params: expected object, not array/],
    ['machines', { Name: 'm1', Profiles: [1] }, 400, /Profiles\[0\]: expected string/],
    ['machines', { Name: 'm1', Meta: { a: 1 } }, 400, /Meta.a: expected string/],
    ['machines', [], 400, /expected an object, not array/],
    ['machines', 'null', 422, /Invalid Name/],
    ['machines', '', 422, /Invalid Name/],
    ['params', { Name: 'x', Schema: 'zip' }, 422, /Schema/],
    ['params', { Name: 'xx', Schema: { type: 'zip' } }, 422, /NOT VALID -- given: \/zip\//],
    [
      'params',
      { Name: 'xx', Schema: { type: 'integer', default: 'x' } },
      422,
      /Error in default value: \(root\): Invalid type. Expected: integer, given: string/,
    ],
    ['profiles', { Name: 'pp', Params: { x: 3 } }, 422, /Invalid Param Name `x`/],
    ['plugins', { Name: 'pp', Provider: 'pp', Params: { x: 3 } }, 422, /Invalid Param Name `x`/],
    ['tasks', { Name: 'tt', OptionalParams: ['x'] }, 422, /Invalid Optional Param `x`/],
    ['tasks', { Name: 'tt', Templates: [{}] }, 422, /Template\[0\] is missing a Name/],
    ['tasks', { Name: 'tt', Templates: [{ Name: 'x', Contents: 7 }] }, 400, /Templates\[0\].Contents/],
    [
      'stages',
      { Name: 'ss', Templates: [{ Name: 'x', Contents: 'x' }] },
      422,
      /Template\[0\] is missing a Path/,
    ],
    ['templates', { ID: 'sub/x.tmpl' }, 422, /Invalid ID `sub\/x.tmpl`/],
    ['machines', { Name: 'bad name/with slash' }, 422, /Invalid Name `bad name\/with slash`/],
    ['params', { Name: '7', Schema: {} }, 422, /Invalid Name/],
    ['profiles', {}, 400, /Empty key/],
    ['plugins', { Name: 'pl' }, 422, /Provider/],
  ];
  for (const [prefix, body, code, expected] of cases) {
    const reply = await running.call('POST', prefix, { body });
    assert.equal(reply.status, code, `${prefix} ${JSON.stringify(body)}: ${reply.text}`);
    assert.match(reply.text, expected);
  }
});

test('an object is replaced by PUT, but its key stays', async () => {
  await using running = await Running.open();
  const machine = await running.ok('POST', 'machines', { Name: 'm1', Uuid: UUID });
  const changed = await running.ok('PUT', `machines/${UUID}`, { ...machine, Description: 'd <&>' });
  assert.equal(changed.Description, 'd <&>');
  assert.equal(changed.Secret, machine.Secret);
  await running.refused(400, 'PUT', `machines/${UUID}`, {
    body: { ...machine, Uuid: UUID.replace('3', '4') },
  });
  await running.refused(404, 'PUT', 'machines/Name:zip', { body: machine });
});

test('a patch is applied as a whole, and a failed test is a conflict', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'machines', { Name: 'm1', Uuid: UUID });
  const path = `machines/${UUID}`;
  const conflict = [
    { op: 'add', path: '/Meta/a', value: 'b' },
    { op: 'test', path: '/Description', value: 'zip' },
  ];
  assert.equal(
    await running.refused(409, 'PATCH', path, { body: conflict }),
    'Patch error at line 1: Test op failed.\n' +
      'Patch line: {"op":"test","path":"/Description","from":"","value":"zip"}',
  );
  const secret = [{ op: 'test', path: '/Params/a~1b', value: 'hidden' }];
  assert.match(await running.refused(409, 'PATCH', path, { body: secret }), /"value":"\*\*\*"}$/);
  assert.equal((await running.ok('GET', path)).Description, '');
  assert.deepEqual((await running.ok('GET', path)).Meta, { 'feature-flags': 'change-stage-v2' });
  for (const [body, code] of [
    [[{ op: 'remove', path: '/Nothing/here' }], 409],
    [[{ op: 'move', from: '/Nothing', path: '/Description' }], 409],
    [[{ op: 'zip', path: '/Description' }], 409],
    [[{ op: 'add', path: 'Description', value: 1 }], 400],
    [[{ op: 'copy', path: '/Description' }], 400],
    [[7], 400],
    [{}, 400],
    [[{ op: 'replace', path: '/Description', value: 7 }], 400],
  ] as const) {
    await running.refused(code, 'PATCH', path, { body });
  }
  await running.call('PATCH', path, { body: [{ op: 'add', path: '/__proto__/polluted', value: 7 }] });
  assert.equal(({} as RawModel).polluted, undefined);
  const good = [
    { op: 'test', path: '/Description', value: '' },
    { op: 'replace', path: '/Description', value: 'x' },
    { op: 'copy', from: '/Description', path: '/OS' },
  ];
  const { Description, OS } = await running.ok('PATCH', path, good);
  assert.deepEqual([Description, OS], ['x', 'x']);
});

test('what is locked is only unlocked, and what came with content is not changed at all', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'machines', { Name: 'm1', Uuid: UUID });
  const set = (field: string, value: unknown) => ({ body: [{ op: 'replace', path: `/${field}`, value }] });
  const path = `machines/${UUID}`;
  await running.ok('PATCH', path, set('Locked', true).body);
  assert.match(await running.refused(403, 'PATCH', path, set('Description', 'x')), /Locked/);
  assert.match(await running.refused(403, 'POST', `${path}/params/a`, { body: 1 }), /Locked/);
  assert.match(await running.refused(403, 'DELETE', path), /Locked/);
  await running.ok('PATCH', path, set('Locked', false).body);
  await running.ok('DELETE', path);
  assert.match(await running.refused(403, 'PATCH', 'stages/none', set('Description', 'x')), /readonly/);
  await running.refused(403, 'DELETE', 'params/pxelinux-local-boot');
});

test('an object that is in use stays', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'profiles', { Name: 'used' });
  await running.ok('POST', 'machines', { Name: 'm1', Uuid: UUID, Profiles: ['used'] });
  assert.match(await running.refused(422, 'DELETE', 'profiles/used'), new RegExp(`Machine ${UUID} is using`));
  assert.match(await running.refused(422, 'DELETE', 'profiles/global'), /global profile/);
  await running.ok('DELETE', `machines/${UUID}`);
  assert.equal((await running.ok('DELETE', 'profiles/used')).Name, 'used');
  await running.refused(404, 'DELETE', 'profiles/used');
});

test('stages, workflows and tasks are kept with dangling names, and say so until the names are there', async () => {
  await using running = await Running.open();
  const flow = await running.ok('POST', 'workflows', { Name: 'flow', Stages: ['later'] });
  assert.equal(flow.Available, false);
  assert.deepEqual(flow.Errors, ['Stage later does not exist']);
  await running.ok('POST', 'stages', { Name: 'later', Tasks: ['do-it'] });
  assert.deepEqual((await running.ok('GET', 'workflows/flow')).Errors, ['Stage later is not available']);
  assert.deepEqual((await running.ok('GET', 'stages/later')).Errors, ['Task do-it (at 0) does not exist']);
  await running.ok('POST', 'tasks', { Name: 'do-it' });
  assert.equal((await running.ok('GET', 'stages/later')).Available, true);
  assert.equal((await running.ok('GET', 'workflows/flow')).Available, true);
  await running.ok('POST', 'templates', { ID: 'x.tmpl', Contents: '{{.}}' });
  assert.equal((await running.ok('GET', 'templates/x.tmpl')).Contents, '{{.}}');
  await running.ok('POST', 'bootenvs', { Name: 'my-install', OS: { Name: 'my' } });
});

test('an ETag changes with the object, and whoever has it gets 304', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'machines', { Name: 'm1', Uuid: UUID });
  const path = `machines/${UUID}`;
  const first = String((await running.call('GET', path)).headers.etag);
  const headers = { 'If-None-Match': first };
  const unchanged = await running.call('GET', path, { headers });
  assert.deepEqual([unchanged.status, unchanged.text, unchanged.headers.etag], [304, '', first]);
  assert.equal((await running.call('HEAD', path)).headers.etag, first);
  await running.ok('PATCH', path, [{ op: 'replace', path: '/Description', value: 'x' }]);
  const changed = await running.call('GET', path, { headers });
  assert.equal(changed.status, 200);
  assert.notEqual(changed.headers.etag, first);
});

test('a long poll is answered when the object changes, when it goes, and when its time is over', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'machines', { Name: 'm1', Uuid: UUID });
  const path = `machines/${UUID}`;
  const poll = async (wait: string) => {
    const etag = String((await running.call('HEAD', path)).headers.etag);
    return running.call('GET', path, { headers: { 'If-None-Match': etag, Prefer: `wait=${wait}` } });
  };
  assert.equal((await poll('10ms')).status, 304);
  assert.equal((await poll('zip')).status, 304);
  const waiting = poll('10m');
  const other = { Name: 'm2' };
  await running.ok('POST', 'machines', other);
  let answered = false;
  void waiting.then(() => {
    answered = true;
  });
  await running.call('GET', 'info');
  assert.equal(answered, false);
  // Its own request may still be on the way to the endpoint: change until it has been answered.
  let count = 0;
  await until(async () => {
    count += 1;
    await running.ok('PATCH', path, [{ op: 'replace', path: '/Description', value: `change ${count}` }]);
    return answered;
  }, 'the long poll');
  assert.match((await waiting).text, /change \d/);
});

test('meta data is read and patched by itself', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'profiles', { Name: 'prof', Meta: { icon: 'cow' } });
  assert.deepEqual(await running.ok('GET', 'meta/profiles/prof'), { icon: 'cow' });
  const changed = await running.ok('PATCH', 'meta/profiles/prof', [
    { op: 'add', path: '/color', value: 'red' },
  ]);
  assert.deepEqual(changed, { icon: 'cow', color: 'red' });
  await running.refused(409, 'PATCH', 'meta/profiles/prof', {
    body: [{ op: 'test', path: '/color', value: 'blue' }],
  });
  await running.refused(404, 'GET', 'meta/profiles/none');
});

test('the endpoint tells what it is, which kinds of objects it has, and what they can be found by', async () => {
  await using running = await Running.open();
  const info = await running.ok('GET', 'info');
  const { port } = new URL(running.endpoint.url);
  assert.equal(info.api_port, Number(port));
  assert.equal(info.file_port, Number(new URL(running.endpoint.fileServerUrl).port));
  const objects = (await running.ok('GET', 'objects')) as unknown as string[];
  assert.deepEqual(objects, [
    'bootenvs',
    'catalog_items',
    'contexts',
    'endpoints',
    'jobs',
    'leases',
    'machines',
    'params',
    'plugins',
    'pools',
    'preferences',
    'profiles',
    'reservations',
    'roles',
    'stages',
    'subnets',
    'tasks',
    'templates',
    'tenants',
    'users',
    'version_sets',
    'workflows',
  ]);
  const all = (await running.ok('GET', 'indexes')) as Record<string, Record<string, RawModel>>;
  assert.deepEqual(all.machines?.Name, { Type: 'string', Unique: true, Unordered: false, Regex: true });
  assert.deepEqual(await running.ok('GET', 'indexes/machines'), all.machines);
  assert.equal((await running.ok('GET', 'indexes/machines/Runnable')).Type, 'boolean');
  assert.deepEqual(all.machines?.Uuid, {
    Type: 'UUID string',
    Unique: true,
    Unordered: false,
    Regex: false,
  });
  assert.equal(all.machines?.Address?.Type, 'IP Address');
  await running.ok('POST', 'params', { Name: 'a/b', Schema: { type: 'string' } });
  assert.equal((await running.ok('GET', 'indexes/machines/a/b')).Type, 'parameter');
  await running.refused(404, 'GET', 'indexes/nothing');
  await running.refused(404, 'GET', 'indexes/machines/nothing');
  assert.ok(Array.isArray(await running.list('logs')));
});

test('a certificate and key are kept for the next start, the key for the owner alone', async () => {
  await using running = await Running.open();
  assert.match(await readFile(`${running.root}/server.crt`, 'utf8'), /BEGIN CERTIFICATE/);
  const { stat } = await import('node:fs/promises');
  assert.equal((await stat(`${running.root}/server.key`)).mode & 0o777, 0o600);
});
