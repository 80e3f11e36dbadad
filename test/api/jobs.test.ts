import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { ConflictError } from '../../lib/api/index.ts';
import { TestEndpoint } from './test-endpoint.ts';

test('the next job of a machine is made once, and is undefined where there is none', async () => {
  const job = { Uuid: 'j', State: 'created', Token: 'rights' };
  const answers = [{ status: 201, body: job }, { status: 204 }, { status: 409, body: 'not runnable' }];
  await using endpoint = await TestEndpoint.start(() => answers.shift() ?? 'cut');
  const jobs = endpoint.client().jobs();
  assert.deepEqual(await jobs.next('m', 'c'), job);
  assert.deepEqual(endpoint.last.json(), { Machine: 'm', Context: 'c' });
  assert.equal(await jobs.next('m', ''), undefined);
  await assert.rejects(jobs.next('m', ''), ConflictError);
  const before = endpoint.requests.length;
  await assert.rejects(jobs.next('m', ''), { code: 503 });
  assert.equal(endpoint.requests.length, before + 1, 'a request that may have made a job is not repeated');
});

test('the actions of a job are those for an operating system, also where the endpoint does not choose', async () => {
  const action = (Name: string, Meta: object | null) => ({ Name, Path: '', Content: 'x', Meta });
  const all = [
    action('a', null),
    action('b', { OS: '' }),
    action('c', { OS: 'windows, linux' }),
    action('d', { OS: 'any' }),
    action('e', { OS: 'windows' }),
  ];
  await using endpoint = await TestEndpoint.start(() => ({ body: all }));
  const jobs = endpoint.client().jobs();
  assert.deepEqual(await jobs.actions('j'), all);
  assert.equal(endpoint.last.url, '/api/v3/jobs/j/actions');
  const names = (await jobs.actions('j', { os: 'linux' })).map(({ Name }) => Name);
  assert.deepEqual(names, ['a', 'b', 'c', 'd']);
  assert.equal(endpoint.last.url, '/api/v3/jobs/j/actions?os=linux');
});

test('the log of a job is read and added to as bytes', async () => {
  await using endpoint = await TestEndpoint.start(({ method }) =>
    method === 'PUT' ? { status: 204 } : { body: 'Log for Job: j\n' },
  );
  const jobs = endpoint.client().jobs();
  await jobs.appendLog('j', 'line\n');
  const { method, url, headers, body } = endpoint.last;
  assert.deepEqual([method, url, body.toString()], ['PUT', '/api/v3/jobs/j/log', 'line\n']);
  assert.equal(headers['content-type'], 'application/octet-stream');
  assert.equal(await text(await jobs.log('j')), 'Log for Job: j\n');
});

test('the answer to any request can go into a stream; an error is still an error', async () => {
  await using endpoint = await TestEndpoint.start(({ url }) =>
    url.endsWith('none')
      ? { status: 404, body: { Code: 404, Messages: ['gone'] } }
      : { body: '{"not": "parsed"' },
  );
  const client = endpoint.client();
  const target = new PassThrough();
  const [answer, written] = await Promise.all([client.send({ path: 'x', target }), text(target)]);
  assert.deepEqual([answer.status, answer.body, written], [200, undefined, '{"not": "parsed"']);
  const unused = new PassThrough();
  await assert.rejects(client.send({ path: 'none', target: unused }), { code: 404, messages: ['gone'] });
  assert.equal(unused.readableLength, 0);
});

test('a connection that breaks in the middle of an answer for a stream is an error', async () => {
  await using endpoint = await TestEndpoint.start(() => ({
    headers: { 'content-length': '100' },
    body: Buffer.alloc(100),
    cutAfter: 10,
  }));
  const target = new PassThrough();
  target.resume();
  await assert.rejects(endpoint.client().send({ path: 'x', target, failFast: true }), { code: 503 });
});

test('files come from the static file server, which is told no credentials', async () => {
  await using files = await TestEndpoint.start(
    ({ url }) => (url === '/machines/u/kexec' ? { body: 'kernel x' } : { status: 404 }),
    { tls: false },
  );
  let port = files.port;
  await using endpoint = await TestEndpoint.start(() => ({ body: { file_port: port } }));
  const client = endpoint.client();
  assert.equal(await text(await client.file(['machines', 'u', 'kexec'])), 'kernel x');
  assert.equal(files.last.headers.authorization, undefined);
  await assert.rejects(client.file(['none']), { code: 404, key: 'none' });
  await assert.rejects(client.file(['..', 'x']), { code: 400 });
  port = 0;
  await assert.rejects(client.file(['x']), {
    code: 404,
    messages: ['The endpoint has no static file server'],
  });
});
