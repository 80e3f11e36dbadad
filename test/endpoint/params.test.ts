import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import nacl from 'tweetnacl';
import type { RawModel } from '../../lib/models/index.ts';
import { Running } from './running-endpoint.ts';

const UUID = '3e7031fc-3062-45f1-835c-92541bc9cbd3';
const PATH = `machines/${UUID}/params`;

async function open(): Promise<Running> {
  const running = await Running.open();
  await running.ok('POST', 'params', {
    Name: 'a/number',
    Schema: { type: 'integer', default: 5, maximum: 9 },
  });
  await running.ok('POST', 'params', { Name: 'a/secret', Secure: true, Schema: { type: 'string' } });
  await running.ok('POST', 'machines', { Name: 'm1', Uuid: UUID });
  return running;
}

/** Seals as `drpcli` does before it sends a secure param, with code of its own. */
function seal(publicKey: string, value: unknown) {
  const sender = nacl.box.keyPair();
  const nonce = nacl.randomBytes(24);
  const receiver = new Uint8Array(Buffer.from(publicKey, 'base64'));
  const payload = nacl.box(Buffer.from(JSON.stringify(value)), nonce, receiver, sender.secretKey);
  const [Key, Nonce, Payload] = [sender.publicKey, nonce, payload].map((part) =>
    Buffer.from(part).toString('base64'),
  );
  return { Key, Nonce, Payload };
}

test('params are set, read, patched and removed, one by one or all at once', async () => {
  await using running = await open();
  assert.equal(await running.ok('GET', `${PATH}/x/y`), null);
  assert.equal(
    await running.ok('POST', `${PATH}/x/y`, { deep: [1, 2.5, true, null] }, 200).then((v) => v.deep && 1),
    1,
  );
  assert.deepEqual(await running.ok('GET', `${PATH}/x/y`), { deep: [1, 2.5, true, null] });
  assert.deepEqual(await running.ok('POST', PATH, { 'a/number': 1, 'x/z': 'z' }, 200), {
    'a/number': 1,
    'x/z': 'z',
  });
  const patch = [
    { op: 'test', path: '', value: { 'a/number': 1, 'x/z': 'z' } },
    { op: 'add', path: '/x~1y', value: 7 },
  ];
  assert.deepEqual(await running.ok('PATCH', PATH, patch), { 'a/number': 1, 'x/z': 'z', 'x/y': 7 });
  await running.refused(409, 'PATCH', PATH, { body: patch });
  assert.equal(await running.ok('DELETE', `${PATH}/x/y`), 7);
  await running.refused(404, 'DELETE', `${PATH}/x/y`);
  assert.deepEqual(await running.ok('GET', PATH), { 'a/number': 1, 'x/z': 'z' });
  assert.deepEqual(await running.ok('GET', `${PATH}?params=x/z,none`), { 'x/z': 'z' });
  assert.equal(await running.ok('POST', `${PATH}/x/z`, 'null', 200), null);
  assert.equal(await running.ok('POST', `${PATH}/x/z`, '', 200), null);
  await running.refused(400, 'POST', PATH, { body: [] });
  await running.refused(404, 'GET', 'machines/Name:none/params');
  await running.refused(404, 'GET', 'tasks/x/params');
  await running.refused(404, 'GET', 'nothing/x/params');
});

test('a param with any name is an entry like others', async () => {
  await using running = await open();
  assert.equal(
    await running.ok('POST', `${PATH}/__proto__`, { polluted: true }, 200).then((v) => v.polluted),
    true,
  );
  assert.deepEqual(JSON.stringify(await running.ok('GET', PATH)), '{"__proto__":{"polluted":true}}');
  assert.equal(({} as RawModel).polluted, undefined);
});

test('a value that does not fit its schema is refused wherever it comes in', async () => {
  await using running = await open();
  const wrong = { 'a/number': 'zip' };
  const expected =
    /Key 'a\/number': invalid val 'zip': : \(root\): Invalid type. Expected: integer, given: string/;
  assert.match(await running.refused(422, 'POST', `${PATH}/a/number`, { body: '"zip"' }), expected);
  assert.match(await running.refused(422, 'POST', PATH, { body: wrong }), expected);
  const patch = [{ op: 'add', path: '/Params/a~1number', value: 'zip' }];
  assert.match(await running.refused(422, 'PATCH', `machines/${UUID}`, { body: patch }), expected);
  assert.match(
    await running.refused(422, 'POST', 'profiles', { body: { Name: 'pp', Params: wrong } }),
    expected,
  );
  assert.match(
    await running.refused(422, 'POST', `${PATH}/a/number`, { body: '10' }),
    /less than or equal to 9/,
  );
  await running.ok('POST', 'params', { Name: 'a/choice', Schema: { enum: ['one', 'two'] } });
  assert.match(
    await running.refused(422, 'POST', `${PATH}/a/choice`, { body: '"six"' }),
    /\(root\) must be one of the following: "one", "two"/,
  );
});

test('the nearest value wins: object, profiles in order with theirs, stage, global profile, default', async () => {
  await using running = await open();
  await running.ok('POST', 'profiles', { Name: 'inner', Params: { 'n/i': 'inner', 'n/p': 'inner' } });
  await running.ok('POST', 'profiles', {
    Name: 'first',
    Params: { 'n/p': 'first', 'n/q': 'first' },
    Profiles: ['inner', 'first'],
  });
  await running.ok('POST', 'profiles', { Name: 'second', Params: { 'n/q': 'second', 'n/r': 'second' } });
  await running.ok('POST', 'profiles', {
    Name: 'of-stage',
    Params: { 'n/s': 'profile of stage', 'n/t': 't' },
  });
  await running.ok('POST', 'stages', {
    Name: 'stg',
    Params: { 'n/r': 'stage', 'n/s': 'stage' },
    Profiles: ['of-stage'],
  });
  await running.ok(
    'POST',
    'profiles/global/params',
    { 'n/o': 'global', 'n/t': 'global', 'n/g': 'global' },
    200,
  );
  await running.ok('PATCH', `machines/${UUID}`, [
    { op: 'replace', path: '/Profiles', value: ['first', 'second'] },
    { op: 'replace', path: '/Stage', value: 'stg' },
    { op: 'replace', path: '/Params', value: { 'n/o': 'own' } },
  ]);
  assert.deepEqual(await running.ok('GET', `${PATH}?aggregate=true`), {
    'n/o': 'own',
    'n/p': 'first',
    'n/q': 'first',
    'n/i': 'inner',
    'n/r': 'second',
    'n/s': 'stage',
    'n/t': 't',
    'n/g': 'global',
  });
  assert.equal(await running.ok('GET', `${PATH}/a/number?aggregate=true`), 5);
  assert.equal(await running.ok('GET', `${PATH}/a/number`), null);
  assert.deepEqual(await running.ok('GET', `${PATH}?aggregate=true&params=a/number,n/g`), {
    'a/number': 5,
    'n/g': 'global',
  });
  assert.equal((await running.ok('GET', `machines/${UUID}?aggregate=true`)).Params instanceof Object, true);
});

test('a secret comes sealed for its object, and is only opened when asked for', async () => {
  await using running = await open();
  const publicKey = (await running.ok('GET', `machines/${UUID}/pubkey`)) as unknown as string;
  assert.equal(Buffer.from(publicKey, 'base64').length, 32);
  await running.ok('POST', `${PATH}/a/secret`, seal(publicKey, 'sealed by the client'), 200);
  assert.equal(await running.ok('GET', `${PATH}/a/secret?decode=true`), 'sealed by the client');
  const kept = (await running.ok('GET', `${PATH}/a/secret`)) as { Payload: string };
  assert.equal(Buffer.from(kept.Payload, 'base64').length, '"sealed by the client"'.length + 16);
  assert.deepEqual(await running.ok('GET', `${PATH}?decode=true`), { 'a/secret': 'sealed by the client' });
  const [machine] = await running.list('machines?decode=true');
  assert.deepEqual(machine?.Params, { 'a/secret': 'sealed by the client' });
});

test('a secret that is not sealed is refused by every route, without being told', async () => {
  await using running = await open();
  const Params = { 'a/secret': 'plain-and-open' };
  const refused = async (method: string, path: string, body: unknown) => {
    const message = await running.refused(422, method, path, { body: JSON.stringify(body) });
    assert.doesNotMatch(message, /plain-and-open/);
    assert.match(
      message,
      /^Key 'a\/secret': invalid val: json: cannot unmarshal string into Go value of type models\.SecureData; set it as drpcli does, which seals it: (machines|plugins|profiles) set KEY param a\/secret to VALUE$/,
    );
  };
  await refused('POST', 'machines', { Name: 'm2', Params });
  await refused('POST', 'plugins', { Name: 'plugin', Provider: 'none', Params });
  await refused('POST', 'profiles', { Name: 'prof', Params });
  const machine = await running.ok('GET', `machines/${UUID}`);
  await refused('PUT', `machines/${UUID}`, { ...machine, Params });
  await refused('PATCH', `machines/${UUID}`, [{ op: 'replace', path: '/Params', value: Params }]);
  await refused('POST', PATH, Params);
  await refused('PATCH', PATH, [{ op: 'add', path: '/a~1secret', value: 'plain-and-open' }]);
  await refused('POST', `${PATH}/a/secret`, 'plain-and-open');
  assert.deepEqual(await running.ok('GET', PATH), {});
  for (const [value, why] of [
    [7, /unmarshal number/],
    [true, /unmarshal bool/],
    [['x'], /unmarshal array/],
    [{ Key: 'x' }, /Key must be 32 bytes long/],
    [null, /Key must be 32 bytes long/],
  ] as const) {
    assert.match(await running.refused(422, 'POST', PATH, { body: { 'a/secret': value } }), why);
  }
});

test('a secret in a content pack is sealed by the endpoint, and stored so', async () => {
  await using running = await open();
  await running.ok('POST', 'contents', {
    meta: { Name: 'pack' },
    sections: { profiles: { prof: { Name: 'prof', Params: { 'a/secret': 'of the pack' } } } },
  });
  assert.doesNotMatch(JSON.stringify(await running.ok('GET', 'profiles/prof')), /of the pack/);
  assert.equal(await running.ok('GET', 'profiles/prof/params/a/secret?decode=true'), 'of the pack');
  await running.endpoint.close();
  for (const file of (await readdir(running.root)).filter((name) => name.startsWith('endpoint.db'))) {
    assert.ok(!(await readFile(join(running.root, file))).includes('of the pack'), file);
  }
});

test('a secret that was sealed for another object, or that does not fit its schema, is refused without being told', async () => {
  await using running = await open();
  const { Uuid } = await running.ok('POST', 'machines', { Name: 'm2' });
  const other = (await running.ok('GET', `machines/${Uuid}/pubkey`)) as unknown as string;
  const own = (await running.ok('GET', `machines/${UUID}/pubkey`)) as unknown as string;
  assert.notEqual(own, other);
  assert.match(
    await running.refused(422, 'POST', `${PATH}/a/secret`, { body: seal(other, 'x') }),
    /not this object's/,
  );
  const message = await running.refused(422, 'POST', `${PATH}/a/secret`, { body: seal(own, 123456789) });
  assert.match(message, /Expected: string, given: integer/);
  assert.doesNotMatch(message, /123456789/);
});

test('a secret of a profile is opened with the key of the profile', async () => {
  await using running = await open();
  await running.ok('POST', 'profiles', { Name: 'prof' });
  await running.secret('profiles/prof', 'a/secret', 'of the profile');
  await running.ok('PATCH', `machines/${UUID}`, [{ op: 'replace', path: '/Profiles', value: ['prof'] }]);
  assert.equal(await running.ok('GET', `${PATH}/a/secret?aggregate=true&decode=true`), 'of the profile');
});

test('values that were there before their param became a secret are sealed then', async () => {
  await using running = await open();
  await running.ok('POST', `${PATH}/plain`, '"once plain"', 200);
  await running.ok('POST', 'params', { Name: 'plain', Secure: true, Schema: { type: 'string' } });
  assert.doesNotMatch(JSON.stringify(await running.ok('GET', PATH)), /once plain/);
  assert.equal(await running.ok('GET', `${PATH}/plain?decode=true`), 'once plain');
});

test('schemas that came and went keep no memory', async () => {
  const module = new URL('../../lib/endpoint/state/schema.ts', import.meta.url).href;
  const code = `import { compileSchema, schemaProblems } from ${JSON.stringify(module)};
    const early = compileSchema({ type: 'integer' });
    for (let each = 0; each < 12000; each += 1) compileSchema({ properties: { a: { enum: ['x', each] } } });
    console.log(schemaProblems(early, 1), schemaProblems(early, 'text'));`;
  // Where V8 counts which code has run, it keeps all of it.
  const env = { ...process.env, NODE_V8_COVERAGE: '' };
  const args = ['--no-warnings', '--max-old-space-size=32', '--input-type=module', '-e', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  assert.equal(stdout, "[] [ '(root): Invalid type. Expected: integer, given: string' ]\n");
});
