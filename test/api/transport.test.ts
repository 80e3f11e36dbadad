import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { Client } from '../../lib/api/index.ts';
import { RETRY_DELAYS } from '../../lib/api/settings.ts';
import { mayRepeat } from '../../lib/api/transport.ts';
import { type Handler, TestEndpoint } from './test-endpoint.ts';

/** Cuts the connection at the first `times` requests. */
function cutting(times: number): Handler {
  let left = times;
  return () => {
    left -= 1;
    return left >= 0 ? 'cut' : { body: {} };
  };
}

/** A port of this machine on which nothing listens. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

test('the pauses between tries are those of the reference client', () => {
  assert.deepEqual(RETRY_DELAYS, [1000, 1000, 2000, 3000, 5000, 8000]);
});

test('a request that has the same result when done twice is repeated, up to the last pause', async () => {
  await using endpoint = await TestEndpoint.start(cutting(6));
  await endpoint.client().info();
  assert.equal(endpoint.requests.length, 7);
  endpoint.handler = cutting(7);
  await assert.rejects(endpoint.client().info(), { code: 503 });
});

test('PUT, DELETE and setting a param are repeated', async () => {
  await using endpoint = await TestEndpoint.start(cutting(1));
  const client = endpoint.client();
  await client.objects('machines').put('k', { Uuid: 'k' } as never);
  endpoint.handler = cutting(1);
  await client.objects('machines').remove('k');
  endpoint.handler = cutting(1);
  await client.params('machines', 'k').set('a', 1);
  assert.deepEqual(
    endpoint.requests.map(({ method }) => method),
    ['PUT', 'PUT', 'DELETE', 'DELETE', 'POST', 'POST'],
  );
});

test('an action is not run twice because its answer was lost', async () => {
  await using endpoint = await TestEndpoint.start(cutting(1));
  await assert.rejects(endpoint.client().actions('machines', 'k').run('powercycle'), { code: 503 });
  assert.equal(endpoint.requests.length, 1);
});

test('what cannot have reached the endpoint is repeated whatever it is', () => {
  const post = { method: 'POST', path: 'x', json: {} } as const;
  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']) {
    assert.ok(mayRepeat(post, { code }), code);
  }
  for (const code of ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_READING_RESPONSE_STREAM']) {
    assert.ok(!mayRepeat(post, { code }), code);
  }
  assert.ok(!mayRepeat({ ...post, method: 'PUT' }, { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }));
});

test('nothing is repeated when fail-fast is asked for', async () => {
  await using endpoint = await TestEndpoint.start(cutting(1));
  await assert.rejects(endpoint.client().info({ failFast: true }), { code: 503 });
  assert.equal(endpoint.requests.length, 1);
});

test('a stream is sent once, a function that makes one again', async () => {
  await using endpoint = await TestEndpoint.start(cutting(1));
  const client = endpoint.client();
  await assert.rejects(client.request({ method: 'PUT', path: 'x', body: Readable.from(['a']) }), {
    code: 503,
  });
  endpoint.handler = cutting(1);
  await client.request({ method: 'PUT', path: 'x', body: () => Readable.from(['abc']) });
  assert.equal(endpoint.last.body.toString(), 'abc');
});

test('an error in transport names endpoint and cause, and no secret', async () => {
  const port = await deadPort();
  const client = new Client({ endpoint: `https://127.0.0.1:${port}`, token: 'geheim', retryDelays: [] });
  await assert.rejects(client.info(), (error: Error) => {
    assert.match(error.message, new RegExp(`GET info at https://127.0.0.1:${port}: .*ECONNREFUSED`));
    assert.doesNotMatch(error.message, /geheim/);
    return true;
  });
});

test('an answer that does not come is an error when time is up', async () => {
  await using endpoint = await TestEndpoint.start(() => 'hang');
  const client = endpoint.client({ retryDelays: [] });
  await assert.rejects(client.request({ path: 'x', timeout: 30 }), { code: 504 });
  await assert.rejects(client.request({ path: 'x', idleTimeout: 30 }), { code: 504 });
});

test('a signal ends the wait between tries', async () => {
  const client = new Client({ endpoint: `https://127.0.0.1:${await deadPort()}`, retryDelays: [60_000] });
  const signal = AbortSignal.timeout(20);
  await assert.rejects(client.info({ signal }), { name: 'TimeoutError' });
});

test('requests go through the local proxy while its socket is there, and straight to the endpoint otherwise', async () => {
  await using endpoint = await TestEndpoint.start(() => ({ body: { at: 'endpoint' } }));
  const proxy = await TestEndpoint.start(() => ({ body: { at: 'proxy' } }), { tls: false, unix: true });
  const client = endpoint.client({ localProxy: proxy.socketPath });
  assert.equal((await client.info()).at, 'proxy');
  assert.equal(proxy.last.url, '/api/v3/info');
  assert.equal(proxy.last.headers.authorization, 'Bearer the-token');
  await proxy[Symbol.asyncDispose]();
  assert.equal((await client.info()).at, 'endpoint');
});

test('a managed endpoint is addressed by its name before the path', async () => {
  await using endpoint = await TestEndpoint.start(() => ({ body: {} }));
  const client = endpoint.client({ urlProxy: 'site-a' });
  await client.info();
  assert.equal(endpoint.last.url, '/site-a/api/v3/info');
  await client.info({ urlProxy: 'site-b/sub' });
  assert.equal(endpoint.last.url, '/site-b/sub/api/v3/info');
  await client.info({ urlProxy: '' });
  assert.equal(endpoint.last.url, '/api/v3/info');
  await using stream = client.events();
  await stream.register('a.b.c');
  assert.equal(endpoint.last.url, '/api/v3/ws/site-a');
});
