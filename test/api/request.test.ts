import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { ConflictError } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { TestEndpoint } from './test-endpoint.ts';

const errorOf = async (promise: Promise<unknown>): Promise<ModelError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ModelError, `${error}`);
  return error;
};

test('a request carries the session, asks for JSON, and gets the answer parsed', async () => {
  await using endpoint = await TestEndpoint.start(() => ({ body: { features: ['x'] } }));
  const info = await endpoint.client().info();
  assert.deepEqual(info, { features: ['x'] });
  const { method, url, headers } = endpoint.last;
  assert.deepEqual([method, url], ['GET', '/api/v3/info']);
  assert.equal(headers.authorization, 'Bearer the-token');
  assert.equal(headers.accept, 'application/json');
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(headers['x-log-request'], undefined);
});

test('names keep their slashes and colons in the path, and nothing else that means something there', async () => {
  await using endpoint = await TestEndpoint.start(() => ({ body: null }));
  const client = endpoint.client();
  await client.params('machines', 'Name:a b?c#d%').get('ipmi/über');
  assert.equal(endpoint.last.url, '/api/v3/machines/Name:a%20b%3Fc%23d%25/params/ipmi/%C3%BCber');
  await client.request({ path: '/machines/x' });
  assert.equal(endpoint.last.url, '/api/v3/machines/x');
});

test('a path that would lead elsewhere is refused before anything is sent', async () => {
  await using endpoint = await TestEndpoint.start();
  const machines = endpoint.client().objects('machines');
  for (const key of ['', '..', '.', 'a/../b', 'a//b']) {
    assert.equal((await errorOf(machines.get(key))).code, 400, key);
  }
  assert.equal(endpoint.requests.length, 0);
});

test('query parameters are encoded, undefined ones left out, and one name can come twice', async () => {
  await using endpoint = await TestEndpoint.start(() => ({ body: [] }));
  const client = endpoint.client();
  await client.request({ path: 'x', query: { a: 'b&c=d', n: 1, b: true, none: undefined } });
  assert.equal(endpoint.last.url, '/api/v3/x?a=b%26c%3Dd&n=1&b=true');
  await client.request({
    path: 'x',
    query: [
      ['a', '1'],
      ['a', '2'],
    ],
  });
  assert.equal(endpoint.last.url, '/api/v3/x?a=1&a=2');
});

test('bodies are JSON, bytes or streams, each with its content type', async () => {
  await using endpoint = await TestEndpoint.start(() => ({ body: {} }));
  const client = endpoint.client();
  await client.request({ method: 'POST', path: 'x', json: null });
  assert.equal(endpoint.last.body.toString(), 'null');
  assert.equal(endpoint.last.headers['content-type'], 'application/json');
  await client.request({ method: 'POST', path: 'x', body: new Uint8Array([1, 2]) });
  assert.deepEqual([...endpoint.last.body], [1, 2]);
  assert.equal(endpoint.last.headers['content-type'], 'application/octet-stream');
  await client.request({
    method: 'POST',
    path: 'x',
    body: Readable.from(['ab', 'cd']),
    headers: { 'Content-Type': 'text/plain' },
  });
  assert.equal(endpoint.last.body.toString(), 'abcd');
  assert.equal(endpoint.last.headers['content-type'], 'text/plain');
});

test('trace level and token are sent, the request before the client', async () => {
  await using endpoint = await TestEndpoint.start(() => ({ body: {} }));
  const client = endpoint.client({ trace: 'debug', traceToken: 'mine' });
  await client.request({ path: 'x' });
  assert.equal(endpoint.last.headers['x-log-request'], 'debug');
  assert.equal(endpoint.last.headers['x-log-token'], 'mine');
  await client.request({ path: 'x', trace: 'trace', traceToken: 'other' });
  assert.equal(endpoint.last.headers['x-log-request'], 'trace');
  assert.equal(endpoint.last.headers['x-log-token'], 'other');
});

test('a conditional request can wait at the endpoint, and says when nothing changed', async () => {
  await using endpoint = await TestEndpoint.start(({ headers }) =>
    headers['if-none-match'] === '"1"'
      ? { status: 304, headers: { etag: '"1"' } }
      : { headers: { etag: '"1"' }, body: { a: 1 } },
  );
  const client = endpoint.client();
  const first = await client.send({ path: 'machines/x' });
  assert.deepEqual([first.status, first.etag, first.body], [200, '"1"', { a: 1 }]);
  const second = await client.send({ path: 'machines/x', etag: first.etag, wait: 20 });
  assert.deepEqual([second.status, second.body], [304, undefined]);
  assert.equal(endpoint.last.headers.prefer, 'wait=20s');
});

test('an error of the endpoint is thrown as it is', async () => {
  const json = { Model: 'machines', Key: 'k', Type: 'GET', Messages: ['Not Found'], Code: 404 };
  await using endpoint = await TestEndpoint.start(() => ({ status: 404, body: json }));
  const error = await errorOf(endpoint.client().objects('machines').get('k'));
  assert.deepEqual(error.toJSON(), json);
  assert.ok(!(error instanceof ConflictError));
});

test('409 is a conflict', async () => {
  const json = { Model: 'machines', Key: 'k', Type: 'PATCH', Messages: ['Patch error'], Code: 409 };
  await using endpoint = await TestEndpoint.start(() => ({ status: 409, body: json }));
  const error = await errorOf(endpoint.client().objects('machines').patch('k', []));
  assert.ok(error instanceof ConflictError);
  assert.deepEqual(error.toJSON(), json);
});

test('an answer that is not JSON becomes an error that quotes its start', async () => {
  const replies = [
    { status: 200, body: `<html>${'x'.repeat(1000)}` },
    { status: 502, body: '<html>bad gateway' },
    { status: 409, body: 'busy' },
    { status: 401 },
    { status: 302, headers: { location: 'https://elsewhere/' } },
    { status: 500, body: { some: 'json' } },
  ];
  await using endpoint = await TestEndpoint.start(() => replies[endpoint.requests.length - 1] ?? {});
  const client = endpoint.client();
  const long = await errorOf(client.info());
  assert.equal(long.code, 502);
  assert.match(long.message, /GET info.*<html>x+\.\.\.$/);
  assert.ok(long.message.length < 400);
  assert.match((await errorOf(client.info())).message, /502 <html>bad gateway/);
  assert.ok((await errorOf(client.info())) instanceof ConflictError);
  assert.equal((await errorOf(client.info())).code, 401);
  assert.equal((await errorOf(client.info())).code, 502);
  assert.match((await errorOf(client.info())).message, /500 \{"some":"json"\}/);
});

test('a list or an object in place of the other is an error', async () => {
  const replies = [[], {}, null, 'text', 1];
  await using endpoint = await TestEndpoint.start(() => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(replies[endpoint.requests.length - 1]),
  }));
  const client = endpoint.client();
  assert.match((await errorOf(client.info())).message, /a list in place of an object/);
  assert.equal((await errorOf(client.objects('x').list())).code, 502);
  assert.match((await errorOf(client.info())).message, /null in place/);
  assert.equal((await errorOf(client.info())).code, 502);
  assert.equal((await errorOf(client.objects('x').list())).code, 502);
});

test('JSON that is received cannot reach a prototype', async () => {
  await using endpoint = await TestEndpoint.start(() => ({
    headers: { 'content-type': 'application/json' },
    body: '{"a":{"__proto__":{"polluted":1},"b":2},"\\u005f_proto__":{"polluted":1},"features":[]}',
  }));
  const info = await endpoint.client().info();
  assert.deepEqual(Object.keys(info), ['a', 'features']);
  assert.deepEqual(info.a, { b: 2 });
  assert.equal(Reflect.get(Object.assign({}, info.a), 'polluted'), undefined);
});

test('a token never shows in an error, even when the endpoint quotes it', async () => {
  const json = {
    Model: 'system',
    Key: '',
    Type: '',
    Messages: ['Invalid Token :x', 'the-token'],
    Code: 403,
  };
  await using endpoint = await TestEndpoint.start(() => ({ status: 403, body: json }));
  const error = await errorOf(endpoint.client().info());
  assert.deepEqual(error.messages, ['Invalid Token :x', '***']);
});

test('indexes, prefixes, logs and events have their calls', async () => {
  const bodies: Record<string, unknown> = {
    '/api/v3/indexes': { machines: { Name: { Type: 'string', Unique: true } } },
    '/api/v3/indexes/machines': { Name: { Type: 'string' } },
    '/api/v3/indexes/machines/ipmi/mode': { Type: 'parameter' },
    '/api/v3/objects': ['machines'],
    '/api/v3/logs': null,
    '/api/v3/events': {},
  };
  await using endpoint = await TestEndpoint.start(({ url }) => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(bodies[url]),
  }));
  const client = endpoint.client();
  assert.equal((await client.allIndexes()).machines?.Name?.Unique, true);
  assert.equal((await client.indexes('machines')).Name?.Type, 'string');
  assert.equal((await client.index('machines', 'ipmi/mode')).Type, 'parameter');
  assert.deepEqual(await client.prefixes(), ['machines']);
  assert.deepEqual(await client.logs(), []);
  await client.postEvent({ Type: 'a', Action: 'b', Key: 'c' });
  assert.deepEqual(endpoint.last.json(), { Type: 'a', Action: 'b', Key: 'c' });
});

test('an aborted request ends with the reason of the signal', async () => {
  await using endpoint = await TestEndpoint.start(() => 'hang');
  const controller = new AbortController();
  const pending = endpoint.client().request({ path: 'x', signal: controller.signal });
  const reason = new Error('enough');
  setImmediate(() => controller.abort(reason));
  await assert.rejects(pending, reason);
});

test('a closed client refuses', async () => {
  await using endpoint = await TestEndpoint.start(() => ({ body: {} }));
  const client = endpoint.client();
  await client.info();
  client.close();
  assert.match((await errorOf(client.info())).message, /closed/);
});
