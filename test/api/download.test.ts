import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { type Handler, type Reply, TestEndpoint } from './test-endpoint.ts';

interface Served {
  content: Buffer;
  /** Whether the checksum is told. */
  sum: boolean;
  /** Whether ranges are served. */
  ranges: boolean;
  /** For each GET, after how many bytes it is cut; undefined for not at all. */
  cuts: (number | undefined)[];
}

function blobServer(settings: Partial<Served> = {}): { served: Served; handler: Handler } {
  const served = { content: randomBytes(200_000), sum: true, ranges: true, cuts: [], ...settings };
  const handler: Handler = ({ method, headers }): Reply => {
    const { content, sum, ranges } = served;
    const hash = createHash('sha256').update(content).digest('hex');
    const sumHeader: Record<string, string> = sum ? { 'x-drp-sha256sum': hash } : {};
    if (method === 'HEAD') return { headers: sumHeader };
    const from = ranges ? Number(/^bytes=(\d+)-$/.exec(`${headers.range}`)?.[1] ?? 0) : 0;
    if (from > 0 && from >= content.length) return { status: 416, body: 'no' };
    const body = content.subarray(from);
    return {
      status: from > 0 ? 206 : 200,
      headers: { ...sumHeader, 'content-length': String(body.length) },
      body,
      cutAfter: served.cuts.shift(),
    };
  };
  return { served, handler };
}

const gets = (endpoint: TestEndpoint) =>
  endpoint.requests.filter(({ method }) => method === 'GET').map(({ headers }) => headers.range ?? 'all');

test('a file is downloaded with its checksum, and not again while it is the same', async () => {
  const { served, handler } = blobServer();
  await using endpoint = await TestEndpoint.start(handler);
  const files = endpoint.client().files();
  const file = path.join(endpoint.directory, 'file');
  const seen: number[] = [];
  const first = await files.download('a/b', file, {
    onProgress: ({ transferred }) => seen.push(transferred),
  });
  assert.equal(first.unchanged, false);
  assert.equal(first.size, served.content.length);
  assert.equal(seen.at(-1), served.content.length);
  assert.deepEqual(await readFile(file), served.content);
  assert.deepEqual(await files.download('a/b', file), { ...first, unchanged: true });
  served.content = randomBytes(1000);
  assert.equal((await files.download('a/b', file)).size, 1000);
  assert.deepEqual(gets(endpoint), ['all', 'all']);
  assert.ok(!(await readdir(endpoint.directory)).includes('file.part'));
});

test('a download that breaks off goes on where it was', async () => {
  const { served, handler } = blobServer({ content: randomBytes(6_000_000), cuts: [3_000_000, 2_000_000] });
  await using endpoint = await TestEndpoint.start(handler);
  const file = path.join(endpoint.directory, 'file');
  await endpoint.client().files().download('a', file);
  assert.deepEqual(await readFile(file), served.content);
  const [first, ...ranges] = gets(endpoint);
  assert.equal(first, 'all');
  assert.ok(
    ranges.length === 2 && ranges.every((range) => /^bytes=[1-9]\d*-$/.test(`${range}`)),
    `${ranges}`,
  );
});

test('what an earlier download left is completed', async () => {
  const { served, handler } = blobServer();
  await using endpoint = await TestEndpoint.start(handler);
  const file = path.join(endpoint.directory, 'file');
  await writeFile(`${file}.part`, served.content.subarray(0, 150_000));
  await endpoint.client().files().download('a', file);
  assert.deepEqual(await readFile(file), served.content);
  assert.deepEqual(gets(endpoint), ['bytes=150000-']);
  await writeFile(`${file}.part`, served.content);
  await writeFile(file, 'other');
  await endpoint.client().files().download('a', file);
  assert.deepEqual(await readFile(file), served.content);
});

test('what is left of another version is thrown away', async () => {
  const { served, handler } = blobServer();
  await using endpoint = await TestEndpoint.start(handler);
  const file = path.join(endpoint.directory, 'file');
  for (const length of [150_000, 300_000]) {
    await writeFile(`${file}.part`, randomBytes(length));
    await writeFile(file, 'other');
    await endpoint.client().files().download('a', file);
    assert.deepEqual(await readFile(file), served.content);
  }
});

test('without ranges or without a checksum a broken download starts anew', async () => {
  for (const settings of [{ ranges: false }, { sum: false }]) {
    const { served, handler } = blobServer({ ...settings, cuts: [100_000] });
    await using endpoint = await TestEndpoint.start(handler);
    const file = path.join(endpoint.directory, 'file');
    await endpoint.client().files().download('a', file);
    assert.deepEqual(await readFile(file), served.content);
  }
});

test('a wrong checksum is an error, and leaves no file', async () => {
  const { handler } = blobServer();
  await using endpoint = await TestEndpoint.start(async (request) => {
    const reply = await handler(request);
    return request.method === 'HEAD' ? { headers: { 'x-drp-sha256sum': 'ab'.repeat(32) } } : reply;
  });
  const file = path.join(endpoint.directory, 'file');
  await assert.rejects(endpoint.client().files().download('a', file), /checksum/);
  assert.deepEqual(await readdir(endpoint.directory), ['ca.pem']);
});

test('an endpoint that never sends all of it is an error in the end', async () => {
  const { handler } = blobServer({ cuts: Array(20).fill(10) });
  await using endpoint = await TestEndpoint.start(handler);
  const file = path.join(endpoint.directory, 'file');
  await assert.rejects(endpoint.client().files().download('a', file), { code: 503 });
});

test('a file that cannot be written is the error of the disk', async () => {
  const { handler } = blobServer();
  await using endpoint = await TestEndpoint.start(handler);
  const file = path.join(endpoint.directory, 'no', 'such', 'folder');
  await assert.rejects(endpoint.client().files().download('a', file), { code: 'ENOENT' });
});

test('a file can be read as it comes in; one that is not there is the error of the endpoint', async () => {
  const { served, handler } = blobServer();
  await using endpoint = await TestEndpoint.start(handler);
  const files = endpoint.client().files();
  assert.deepEqual(await buffer(await files.read('a')), served.content);
  endpoint.handler = () => ({
    status: 404,
    body: { Model: 'files', Key: '/a', Type: 'GET', Messages: ['Not a regular file'], Code: 404 },
  });
  await assert.rejects(files.read('a'), { code: 404, model: 'files' });
  endpoint.handler = () => 'cut';
  await assert.rejects(files.read('a'), { code: 503 });
});
