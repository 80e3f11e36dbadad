import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Running } from '../endpoint/running-endpoint.ts';
import { Runner } from './runner.ts';

const SUM = '7509e5bda0c762d2bac7f90d758b5b2263fa01ccbc542ab5e3df163be08e6ca9';

test('files and isos', async (t) => {
  await using running = await Running.open();
  using drpkit = new Runner({ RS_ENDPOINT: running.endpoint.url, RS_TOKEN: running.endpoint.token });
  const local = (name: string) => join(running.root, name);
  await writeFile(local('hello.txt'), 'hello world!');
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/image.iso' ? 200 : 404).end('image');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const web = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  await t.test('are uploaded from files, listed, and deleted', async () => {
    const uploaded = await drpkit.json('files', 'upload', local('hello.txt'), 'as', 'a/b/hi.txt');
    assert.deepEqual(uploaded, { Path: '/a/b/hi.txt', Size: 12 });
    await drpkit.json('files', 'upload', local('hello.txt'));
    assert.ok(((await drpkit.json('files', 'list')) as string[]).includes('hello.txt'));
    assert.deepEqual(await drpkit.json('files', 'list', 'a'), ['b/']);
    assert.deepEqual(await drpkit.json('files', 'list', 'a', '--recurse'), ['b/hi.txt']);
    assert.equal(await drpkit.text('files', 'exists', 'a/b/hi.txt'), `a/b/hi.txt: ${SUM}\n`);
    assert.equal(await drpkit.text('files', 'destroy', 'hello.txt'), 'Deleted hello.txt\n');
    assert.match(await drpkit.error('files', 'exists', 'hello.txt'), /^Error: .*files\/hello.txt.*Not Found/);
  });

  await t.test('are downloaded to stdout and to files', async () => {
    assert.equal(await drpkit.text('files', 'download', 'a/b/hi.txt'), 'hello world!');
    assert.equal(await drpkit.text('files', 'show', 'a/b/hi.txt'), 'hello world!');
    assert.equal(await drpkit.text('files', 'get', 'a/b/hi.txt', 'to', local('got.txt')), '');
    assert.equal(await readFile(local('got.txt'), 'utf8'), 'hello world!');
    assert.match(await drpkit.error('files', 'download', 'nothing', 'to', local('x')), /^Error: .*nothing/);
  });

  await t.test('are uploaded from web servers', async () => {
    const uploaded = await drpkit.json('isos', 'upload', `${web}/image.iso`);
    assert.deepEqual(uploaded, { Path: 'image.iso', Size: 5 });
    assert.deepEqual(await drpkit.json('isos', 'list'), ['image.iso']);
    assert.equal(
      await drpkit.error('isos', 'upload', `${web}/x.iso`),
      `Error: Error opening ${web}/x.iso: 404 Not Found`,
    );
    assert.equal(
      await drpkit.error('isos', 'upload', 'ftp://x/y'),
      'Error: Error opening ftp://x/y: Must specify a file or url',
    );
  });

  await t.test('that a boot environment needs are fetched and uploaded', async () => {
    const OS = { Name: 'x', IsoFile: 'new.iso', IsoUrl: `${web}/image.iso` };
    await running.ok('POST', 'bootenvs', { Name: 'needs', OS });
    const { code, stdout, stderr } = await drpkit.run(['bootenvs', 'uploadiso', 'needs']);
    assert.deepEqual({ code, info: JSON.parse(stdout) }, { code: 0, info: { Path: 'new.iso', Size: 5 } });
    assert.equal(stderr, `new.iso: from ${web}/image.iso\n`);
    const again = await drpkit.run(['bootenvs', 'uploadiso', 'needs']);
    assert.deepEqual(again, {
      code: 0,
      stdout: '',
      stderr: 'BootEnv needs already has all required ISO files\n',
    });
    assert.equal(
      await drpkit.error('bootenvs', 'uploadiso', 'local'),
      'Error: BootEnv local does not require an iso',
    );
  });
});
