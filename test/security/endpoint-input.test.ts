import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { RawModel } from '../../lib/models/index.ts';
import { Running } from '../endpoint/running-endpoint.ts';

const headers = { 'Content-Type': 'application/octet-stream' };

test('links below the served folder lead nowhere out of it, for reading, listing, writing and deleting', async () => {
  await using running = await Running.open();
  const outside = join(running.root, 'outside');
  const files = join(running.root, 'tftpboot/files');
  await mkdir(outside);
  await writeFile(join(outside, 'secret'), 'hidden');
  await symlink(outside, join(files, 'link'));
  await symlink(join(outside, 'new'), join(files, 'nowhere'));
  await symlink('..', join(files, 'up'));
  for (const path of ['link/secret', 'up/../outside/secret', 'up/isos'])
    await running.refused(404, 'GET', `files/${path}`);
  for (const path of ['link', 'link/', 'up', 'nowhere'])
    await running.refused(403, 'GET', `files?path=${path}`);
  for (const path of ['link/evil', 'up/isos/evil', 'nowhere/evil', 'link/a/b/evil'])
    await running.refused(403, 'POST', `files/${path}`, { headers, body: 'x' });
  await running.refused(403, 'DELETE', 'files/link/secret');
  assert.deepEqual(await readdir(outside), ['secret']);
  // The link itself may be replaced, by a file of its name, and deleted.
  assert.equal((await running.call('POST', 'files/nowhere', { headers, body: 'x' })).status, 201);
  assert.ok((await lstat(join(files, 'nowhere'))).isFile());
  assert.equal((await running.call('DELETE', 'files/link')).status, 204);
  assert.deepEqual(await readdir(outside), ['secret']);
});

test('an upload is not written through a link in the place of its unfinished file', async () => {
  await using running = await Running.open();
  const outside = join(running.root, 'outside');
  await symlink(outside, join(running.root, 'tftpboot/files/.one.part'));
  assert.equal((await running.call('POST', 'files/one', { headers, body: 'x' })).status, 201);
  await assert.rejects(lstat(outside), { code: 'ENOENT' });
});

test('an archive leaves no link out of the folder, so that the next one cannot use it', async () => {
  await using running = await Running.open();
  const source = await mkdtemp(join(tmpdir(), 'archive-'));
  const archive = async (name: string, ...members: string[]) => {
    await promisify(execFile)('tar', ['-czPf', join(source, name), '-C', source, ...members]);
    return readFile(join(source, name));
  };
  try {
    await mkdir(join(source, 'sub'));
    await writeFile(join(source, 'sub/file'), 'inner');
    await symlink('file', join(source, 'sub/beside'));
    await symlink('missing', join(source, 'sub/dangling'));
    await symlink(running.root, join(source, 'sub/absolute'));
    await symlink('../../../..', join(source, 'sub/relative'));
    await symlink('.', join(source, 'sub/here'));
    await symlink('here/../../../../..', join(source, 'sub/detour'));
    const first = await archive('first.tgz', 'sub');
    const said = await running.refused(400, 'POST', 'files/my/first.tgz?explode=true', {
      headers,
      body: first,
    });
    assert.match(said, /links that lead out of files are left out: /);
    for (const link of ['sub/absolute', 'sub/relative', 'sub/detour']) assert.ok(said.includes(link), link);
    const unpacked = join(running.root, 'tftpboot/files/my/sub');
    assert.deepEqual((await readdir(unpacked)).sort(), ['beside', 'dangling', 'file', 'here']);
    assert.equal(await readlink(join(unpacked, 'beside')), 'file');

    await rm(join(source, 'sub'), { recursive: true });
    // A walk through it would fail half-way: at a folder that nobody may look into, and at names that are too long.
    await mkdir(join(source, 'sub/closed'), { recursive: true, mode: 0o755 });
    await symlink(running.root, join(source, 'sub/closed/out'));
    await chmod(join(source, 'sub/closed'), 0o000);
    await symlink(running.root, join(source, 'sub/zz'));
    const closed = await archive('closed.tgz', 'sub');
    await running.refused(400, 'POST', 'files/closed/closed.tgz?explode=true', { headers, body: closed });
    assert.deepEqual(await readdir(join(running.root, 'tftpboot/files/closed/sub')), ['closed']);
    assert.deepEqual(await readdir(join(running.root, 'tftpboot/files/closed/sub/closed')), []);
    const deep = Array.from({ length: 15 }, () => 'n'.repeat(250)).join('/');
    await mkdir(join(source, 'sub', deep), { recursive: true });
    const tooDeep = await archive('deep.tgz', 'sub');
    const place = `${'d'.repeat(200)}/${'d'.repeat(200)}`;
    await running.refused(400, 'POST', `files/${place}/deep.tgz?explode=true`, { headers, body: tooDeep });
    assert.deepEqual(await readdir(join(running.root, 'tftpboot/files', place)), ['deep.tgz']);
    await promisify(execFile)('rm', ['-rf', join(source, 'sub')]);

    await mkdir(join(source, 'sub/absolute'), { recursive: true });
    await writeFile(join(source, 'sub/absolute/evil'), 'x');
    const second = await archive('second.tgz', 'sub/absolute/evil');
    const reply = await running.call('POST', 'files/my/second.tgz?explode=true', { headers, body: second });
    assert.equal(reply.status, 201, reply.text);
    assert.ok(!(await readdir(running.root)).includes('evil'));
  } finally {
    await promisify(execFile)('rm', ['-rf', source]);
  }
});

test('no JSON reaches a prototype, whatever it is called', async () => {
  await using running = await Running.open();
  const before = Object.getOwnPropertyNames(Object.prototype).sort();
  const functions = Object.getOwnPropertyNames(Object).sort();
  const { Uuid } = await running.ok('POST', 'machines', { Name: 'm1' });
  const evil = '{"polluted":"yes","Locked":true,"Name":"evil"}';
  for (const key of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
    // Of the objects with params, stages and machines take any name for one.
    const made = await running.call('POST', 'stages', {
      body: `{"Name":"p-${key}","${key}":${evil},"Params":{"${key}":${evil}},"Meta":{"${key}":"x"}}`,
    });
    assert.equal(made.status, 201, made.text);
    const stage = await running.ok('GET', `stages/p-${key}`);
    assert.notEqual(stage.Locked, true, key);
    assert.equal(stage.Name, `p-${key}`);
    assert.deepEqual(Object.keys(stage.Params as RawModel), [key]);
    for (const path of [`/${key}/polluted`, `/Params/${key}/polluted`, `/${key}/prototype/polluted`]) {
      const body = JSON.stringify([{ op: 'add', path, value: 'yes' }]);
      const { status } = await running.call('PATCH', `machines/${Uuid}`, { body });
      assert.ok(status < 500, `${path}: ${status}`);
    }
    for (const path of [
      `indexes/machines/${key}`,
      `indexes/${key}`,
      `machines/${Uuid}/params/${key}`,
      `machines?${key}=Eq(x)`,
      `machines?sort=${key}`,
      `${key}`,
      `plugin_providers/${key}`,
      `users/${key}/token`,
    ]) {
      const { status } = await running.call('GET', path);
      assert.ok([200, 400, 404, 406].includes(status), `${path}: ${status}`);
    }
  }
  const content = `{"meta":{"Name":"evil"},"sections":{"constructor":{"keys":{"Id":"keys"},"__proto__":{"Id":"__proto__"}}}}`;
  const made = await running.call('POST', 'contents', { body: content });
  assert.equal(made.status, 201, made.text);
  const shown = await running.ok('GET', 'contents/evil');
  assert.deepEqual(Object.keys((shown.sections as Record<string, RawModel>).constructor ?? {}).sort(), [
    '__proto__',
    'keys',
  ]);
  assert.equal('polluted' in {}, false);
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype).sort(), before);
  assert.deepEqual(Object.getOwnPropertyNames(Object).sort(), functions);
  assert.equal(typeof Object.keys, 'function');
});

test('a regular expression that would take hours is refused, and the endpoint goes on', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'machines', { Name: `${'a'.repeat(60)}.example` });
  const slow = encodeURIComponent('Re(^(a+)+$)');
  assert.match(await running.refused(406, 'GET', `machines?Name=${slow}`), /timed out/);
  assert.equal((await running.list(`machines?Name=${encodeURIComponent('Re(^a+\\.)')}`)).length, 1);
});

test('a JSON pointer into an array is an index, or - for a new element', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'profiles', { Name: 'one', Params: { list: [1, 2], word: 'text' } });
  const patch = (...operations: object[]) => running.call('PATCH', 'profiles/one', { body: operations });
  for (const operation of [
    { op: 'replace', path: '/Params/list/length', value: 2e8 },
    { op: 'add', path: '/Params/list/length', value: 0 },
    { op: 'remove', path: '/Params/list/length' },
    { op: 'test', path: '/Params/list/length', value: 2 },
    { op: 'copy', from: '/Params/list/length', path: '/Params/other' },
    { op: 'move', from: '/Params/list/length', path: '/Params/other' },
    { op: 'add', path: '/Params/list/01', value: 0 },
    { op: 'add', path: '/Params/list/-1', value: 0 },
    { op: 'add', path: '/Params/list/3', value: 0 },
    { op: 'replace', path: '/Params/list/2', value: 0 },
    { op: 'replace', path: '/Params/list/-', value: 0 },
    { op: 'add', path: '/Params/list/1e1', value: 0 },
    { op: 'add', path: '/Params/list/name/x', value: 0 },
    { op: 'test', path: '/Params/word/length', value: 4 },
    { op: 'add', path: '/Params/word/0', value: 'x' },
    { op: 'replace', path: '/constructor/name', value: 'x' },
  ]) {
    const { status, text } = await patch(operation);
    assert.equal(status, 409, `${JSON.stringify(operation)}: ${text}`);
  }
  assert.equal(
    (
      await patch(
        { op: 'add', path: '/Params/list/-', value: 3 },
        { op: 'add', path: '/Params/list/0', value: 0 },
      )
    ).status,
    200,
  );
  assert.deepEqual((await running.ok('GET', 'profiles/one')).Params, { list: [0, 1, 2, 3], word: 'text' });
});

test('what could be stored but not be asked for, or would be something else then, is refused', async () => {
  await using running = await Running.open();
  for (const Name of ['n'.repeat(5000), 'é'.repeat(1000)]) {
    const said = await running.refused(422, 'POST', 'profiles', { body: { Name } });
    assert.match(said, /Invalid key: more than 4096 bytes in an address/);
  }
  for (const number of ['1e400', '-1e999', `1${'0'.repeat(400)}`]) {
    const said = await running.refused(400, 'POST', 'profiles', {
      body: `{"Name":"one","Params":{"x":[${number}]}}`,
    });
    assert.match(said, /larger than a float64 holds/);
  }
  await running.ok('POST', 'profiles', { Name: 'one', Params: { size: 1.5e300, text: '1e400' } });
});

test('items that have to be unique are compared in a moment, however many there are', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'params', { Name: 'list', Schema: { type: 'array', uniqueItems: true } });
  const items = Array.from({ length: 20_000 }, (_, index) => ({ index, name: `item ${index}` }));
  await running.ok('POST', 'profiles', { Name: 'one', Params: { list: items } });
  const twice = [...items, { name: 'item 7', index: 7 }];
  const said = await running.refused(422, 'POST', 'profiles', {
    body: { Name: 'two', Params: { list: twice } },
  });
  assert.match(said, /array items\[7,20000\] must be unique/);
});
