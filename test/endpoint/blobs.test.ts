import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { safePlace } from '../../lib/endpoint/state/files.ts';
import { until } from '../support/until.ts';
import { Running } from './running-endpoint.ts';

const headers = { 'Content-Type': 'application/octet-stream' };
const sum = (text: string) => createHash('sha256').update(text).digest('hex');

test('a file is uploaded, listed, fetched with its checksum, and deleted', async () => {
  await using running = await Running.open();
  for (const [base, shown] of [
    ['files', '/greg/one.txt'],
    ['isos', 'greg/one.txt'],
  ] as const) {
    const path = `${base}/greg/one.txt`;
    const made = await running.call('POST', path, { headers, body: 'hello' });
    assert.deepEqual([made.status, made.json], [201, { Path: shown, Size: 5 }]);
    assert.deepEqual(await running.list(base), ['greg/']);
    assert.deepEqual(await running.list(`${base}?path=greg`), ['one.txt']);
    assert.deepEqual(await running.list(`${base}?all=true`), ['greg/one.txt']);
    const got = await running.call('GET', path);
    assert.deepEqual([got.text, got.headers['x-drp-sha256sum']], ['hello', sum('hello')]);
    const head = await running.call('HEAD', path);
    assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', '5']);
    assert.equal(head.headers.etag, `"SHA256:${sum('hello')}"`);
    const known = await running.call('GET', path, {
      headers: { 'If-None-Match': String(head.headers.etag) },
    });
    assert.deepEqual([known.status, known.text], [304, '']);
    await running.call('POST', path, { headers, body: 'other' });
    assert.equal((await running.call('HEAD', path)).headers['x-drp-sha256sum'], sum('other'));
    assert.equal((await running.call('DELETE', path)).status, 204);
    for (const [method, message] of [
      ['GET', 'Not a regular file'],
      ['DELETE', 'Unable to delete'],
    ] as const) {
      const { json } = await running.call(method, path);
      const [Model, ...key] = path.split('/');
      const Key = `/${key.join('/')}`;
      assert.deepEqual(json, { Model, Key, Type: method, Messages: [message], Code: 404 });
    }
    assert.equal((await running.call('HEAD', path)).status, 404);
  }
  await running.refused(404, 'GET', 'files?path=none');
  await running.call('POST', 'files/kept/one', { headers, body: 'x' });
  await running.refused(404, 'DELETE', 'files/kept');
  assert.equal((await running.call('DELETE', 'files/greg')).status, 204);
  assert.deepEqual(await running.list('files'), ['kept/']);
  await running.call('DELETE', 'files/kept/one');
  await running.call('DELETE', 'files/kept');
  await running.refused(403, 'DELETE', 'files/x%2F..');
  assert.deepEqual(await running.list('files'), []);
});

test('a part of a file is answered when a part is asked for', async () => {
  await using running = await Running.open();
  await running.call('POST', 'files/digits', { headers, body: '0123456789' });
  const part = async (Range: string) => {
    const { status, text } = await running.call('GET', 'files/digits', { headers: { Range } });
    return [status, text];
  };
  assert.deepEqual(await part('bytes=2-4'), [206, '234']);
  assert.deepEqual(await part('bytes=7-'), [206, '789']);
  assert.deepEqual(await part('bytes=-2'), [206, '89']);
  assert.deepEqual(await part('bytes=8-99'), [206, '89']);
  assert.deepEqual(await part('bytes=10-'), [416, '']);
  assert.deepEqual(await part('zip'), [200, '0123456789']);
});

test('no path leads out of the folder', async () => {
  await using running = await Running.open();
  await writeFile(join(running.root, 'secret'), 'hidden');
  await symlink(join(running.root, 'secret'), join(running.root, 'tftpboot/files/link'));
  for (const path of [
    '..%2F..%2Fsecret',
    '%2e%2e/%2e%2e/secret',
    'a%2F..%2F..%2F..%2Fsecret',
    'link',
    'a%00b',
  ]) {
    const reply = await running.call('GET', `files/${path}`);
    assert.ok([400, 403, 404].includes(reply.status), `${path}: ${reply.status}`);
    assert.ok(!reply.text.includes('hidden'));
  }
  await running.refused(403, 'POST', 'files/..%2F..%2Fevil', { headers, body: 'x' });
  await running.refused(403, 'DELETE', 'files/..%2F..%2Fsecret');
  await running.refused(403, 'GET', 'files?path=../..');
  assert.ok(!(await readdir(running.root)).includes('evil'));
});

test('an upload that is not valid is refused', async () => {
  await using running = await Running.open();
  await running.call('POST', 'files/one', { headers, body: 'x' });
  assert.match(await running.refused(400, 'POST', 'files/two', { body: 'x' }), /octet-stream/);
  assert.match(await running.refused(403, 'POST', 'files/folder/', { headers, body: 'x' }), /directory/);
  assert.match(
    await running.refused(409, 'POST', 'files/one/two', { headers, body: 'x' }),
    /^Failed to ensure final directory for two exists$/,
  );
});

test('uploads that make the same folders at the same time are not in the way of each other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'files-'));
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(
      Array.from({ length: 8 }, async (_, at) => {
        const place = await safePlace(folder, `new-${round}/${'below/'.repeat(at)}file`, {});
        await mkdir(dirname(place), { recursive: true });
      }),
    );
  }
  await rm(folder, { recursive: true });
});

test('an upload that breaks off leaves nothing, and the next one is not in its way', async () => {
  await using running = await Running.open();
  const { port } = new URL(running.endpoint.url);
  const socket = connect({ port: Number(port), host: '127.0.0.1', ca: running.endpoint.certificate });
  socket.write(
    `POST /api/v3/files/broken HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${running.endpoint.token}\r\n` +
      'Content-Type: application/octet-stream\r\nContent-Length: 1000\r\n\r\nonly this',
  );
  const folder = join(running.root, 'tftpboot/files');
  await until(async () => (await readdir(folder)).length > 0, 'the upload');
  assert.deepEqual(await running.list('files'), []);
  await running.refused(409, 'POST', 'files/broken', { headers, body: 'x' });
  socket.destroy();
  await until(async () => (await readdir(folder)).length === 0, 'the end of the upload');
  assert.equal((await running.call('POST', 'files/broken', { headers, body: 'whole' })).status, 201);
});

test('an archive is unpacked where it is put', async () => {
  await using running = await Running.open();
  const source = join(running.root, 'source');
  await mkdir(join(source, 'sub'), { recursive: true });
  await writeFile(join(source, 'sub/inner.txt'), 'inner');
  await promisify(execFile)('tar', ['-czf', join(running.root, 'a.tgz'), '-C', source, 'sub']);
  const body = await readFile(join(running.root, 'a.tgz'));
  const reply = await running.call('POST', 'files/my/a.tgz?explode=true', { headers, body });
  assert.equal(reply.status, 201, reply.text);
  assert.equal((await running.call('GET', 'files/my/sub/inner.txt')).text, 'inner');
  const bad = await running.refused(400, 'POST', 'files/my/b.tgz?explode=true', {
    headers,
    body: 'no archive',
  });
  assert.match(bad, /cannot be unpacked/);
});

test('the static file server hands out files to everybody, and takes none', async () => {
  await using running = await Running.open();
  await running.call('POST', 'files/one', { headers, body: 'hello' });
  const get = (path: string, method = 'GET') =>
    fetch(`${running.endpoint.fileServerUrl}/${path}`, { method });
  assert.equal(await (await get('files/one')).text(), 'hello');
  assert.equal((await get('files/one', 'HEAD')).headers.get('content-length'), '5');
  assert.equal((await get('')).status, 200);
  assert.equal((await get('files/none')).status, 404);
  assert.equal((await get('files')).status, 404);
  assert.equal((await get('%FF')).status, 400);
  assert.equal((await get('files/one', 'DELETE')).status, 405);
});
