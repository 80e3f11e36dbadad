import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EventStream, eventSelector, type StreamItem } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { TestEndpoint, until } from './test-endpoint.ts';

const created = (key: string) => ({ Type: 'machines', Action: 'create', Key: key });

/** The next `count` items of a stream, which stays open. */
async function take(stream: EventStream, count: number): Promise<StreamItem[]> {
  const iterator = stream[Symbol.asyncIterator]();
  const items: StreamItem[] = [];
  while (items.length < count) {
    const { value, done } = await iterator.next();
    if (done) break;
    items.push(value);
  }
  return items;
}

const keys = (items: StreamItem[]) => items.map(({ event }) => event?.Key);

test('a registered selector is acknowledged, and what it selects is delivered in order', async () => {
  await using endpoint = await TestEndpoint.start();
  await using stream = endpoint.client().events();
  await stream.register('machines.create.*');
  endpoint.publish(created('a'));
  endpoint.publish({ Type: 'profiles', Action: 'create', Key: 'not selected' });
  endpoint.publish(created('b'));
  assert.deepEqual(keys(await take(stream, 2)), ['a', 'b']);
  assert.equal(endpoint.last.url, '/api/v3/ws');
  assert.equal(endpoint.last.headers.authorization, 'Bearer the-token');
});

test('streams of one client share a socket, each with its own selectors', async () => {
  await using endpoint = await TestEndpoint.start();
  const client = endpoint.client();
  const machines = client.events();
  const everything = client.events();
  await Promise.all([machines.register('machines.*.*'), everything.register('*.*.*')]);
  endpoint.publish({ Type: 'profiles', Action: 'save', Key: 'p' });
  endpoint.publish(created('a'));
  assert.deepEqual(keys(await take(machines, 1)), ['a']);
  assert.deepEqual(keys(await take(everything, 2)), ['p', 'a']);
  assert.equal(endpoint.listening.size, 1);
  client.close();
});

test('a selector is deregistered when its last stream is closed, and then the socket is', async () => {
  await using endpoint = await TestEndpoint.start();
  const client = endpoint.client();
  const first = client.events();
  const second = client.events();
  await first.register('a.b.c');
  await second.register('a.b.c');
  await second.register('x.y.z');
  first.close();
  second.deregister('x.y.z');
  await until(() => endpoint.frames.includes('deregister x.y.z'));
  assert.ok(!endpoint.frames.includes('deregister a.b.c'));
  second.close();
  await until(() => endpoint.listening.size === 0);
  assert.deepEqual(
    endpoint.frames.filter((frame) => frame === 'register a.b.c'),
    ['register a.b.c'],
  );
});

test('after a cut the stream registers again, then reports the gap, then goes on', async () => {
  await using endpoint = await TestEndpoint.start();
  const warnings: string[] = [];
  const log = { debug() {}, warn: (message: string) => void warnings.push(message) };
  await using stream = endpoint.client().events({ log });
  await stream.register('machines.create.*');
  await stream.register('x.y.z');
  endpoint.publish(created('before'));
  const before = await take(stream, 1);
  endpoint.cut();
  await until(() => endpoint.frames.length === 4);
  endpoint.publish(created('after'));
  const [gap, after] = await take(stream, 2);
  assert.deepEqual(keys(before), ['before']);
  assert.match(gap?.gap?.reason ?? '', /closed/);
  assert.equal(after?.event?.Key, 'after');
  assert.match(warnings[0] ?? '', /lost/);
  assert.match(warnings.at(-1) ?? '', /may have been missed/);
});

test('a stream that is not read drops what does not fit, says how much and where, and goes on', async () => {
  await using endpoint = await TestEndpoint.start();
  const client = endpoint.client();
  await using stream = client.events({ queue: 3 });
  await stream.register('machines.create.*');
  await using witness = client.events();
  await witness.register('machines.create.*');
  for (let i = 0; i < 10; i++) endpoint.publish(created(String(i)));
  await take(witness, 10);
  const items = await take(stream, 4);
  assert.deepEqual(keys(items.slice(0, 3)), ['0', '1', '2']);
  assert.equal(items[3]?.overflow, 7);
  endpoint.publish(created('later'));
  assert.deepEqual(keys(await take(stream, 1)), ['later']);
});

test('a peer that is gone without a word is found by pings', async () => {
  await using endpoint = await TestEndpoint.start();
  await using stream = endpoint.client({ pingInterval: 20 }).events();
  await stream.register('machines.create.*');
  endpoint.freeze();
  const [item] = await take(stream, 1);
  assert.match(item?.gap?.reason ?? '', /nothing heard/);
});

test('a refused connection fails the registration with the error of the endpoint, without the token', async () => {
  await using endpoint = await TestEndpoint.start();
  const refusal = {
    Model: 'system',
    Key: '',
    Type: '',
    Messages: ['Invalid Token', 'the-token'],
    Code: 403,
  };
  endpoint.refuse = () => ({ status: 403, body: JSON.stringify(refusal) });
  await using stream = endpoint.client().events();
  await assert.rejects(stream.register('a.b.c'), (error: unknown) => {
    assert.ok(error instanceof ModelError);
    assert.deepEqual(error.toJSON(), { ...refusal, Messages: ['Invalid Token', '***'] });
    return true;
  });
});

test('an endpoint that is not there is the reason for which no acknowledgement came', async () => {
  await using endpoint = await TestEndpoint.start();
  endpoint.refuse = () => ({ status: 503, body: 'starting' });
  let lost = false;
  const log = {
    debug() {},
    warn: () => {
      lost = true;
    },
  };
  await using stream = endpoint.client().events({ log });
  const closed = assert.rejects(stream.register('a.b.c'), /closed/);
  await until(() => lost);
  const registration = stream.register('x.y.z', { timeout: 20 });
  await assert.rejects(registration, /not acknowledged within 20 ms: .*503 starting/);
  stream.close();
  await closed;
});

test('an acknowledgement that does not come is an error when time is up', async () => {
  await using endpoint = await TestEndpoint.start();
  endpoint.acknowledge = false;
  await using stream = endpoint.client().events();
  await assert.rejects(stream.register('a.b.c', { timeout: 50 }), { code: 504 });
});

test('a selector with less than three parts is refused, since endpoints crash on it', async () => {
  await using endpoint = await TestEndpoint.start();
  await using stream = endpoint.client().events();
  for (const selector of ['', 'machines', 'machines.create', 'machines..x', '.a.b', 'a.b.', ' a.b.c']) {
    await assert.rejects(stream.register(selector), { code: 400 }, selector);
  }
  assert.equal(endpoint.requests.length, 0);
});

test('an aborted signal ends the iteration and the connection', async () => {
  await using endpoint = await TestEndpoint.start();
  const controller = new AbortController();
  const stream = endpoint.client().events({ signal: controller.signal });
  await stream.register('a.b.c');
  const all = take(stream, 1);
  controller.abort();
  assert.deepEqual(await all, []);
  await until(() => endpoint.listening.size === 0);
  await assert.rejects(stream.register('a.b.c'), { code: 400 });
});

test('frames that are not events are counted, apart from those that did not fit', async () => {
  await using endpoint = await TestEndpoint.start();
  await using stream = endpoint.client().events();
  await stream.register('machines.create.*');
  endpoint.sendFrame('not json');
  endpoint.sendFrame('[1]');
  endpoint.publish(created('a'));
  const items = await take(stream, 3);
  assert.deepEqual(
    items.map(({ unreadable, event }) => unreadable ?? event?.Key),
    [1, 1, 'a'],
  );
});

test('a closed client makes no connection for events', async () => {
  await using endpoint = await TestEndpoint.start();
  const client = endpoint.client();
  const open = client.events();
  client.close();
  await assert.rejects(open.register('a.b.c'), /closed/);
  await assert.rejects(client.events().register('a.b.c'), /closed/);
  assert.equal(endpoint.requests.length, 0);
});

test('a selector can name values with characters of its own', async () => {
  assert.equal(eventSelector('a.b', 'c,d', 'e.f,g*h'), 'a\\1b.c\\2d.e.f\\2g\\3h');
  assert.equal(eventSelector('machines'), 'machines.*.*');
  await using endpoint = await TestEndpoint.start();
  await using stream = endpoint.client().events();
  await stream.register(eventSelector('machines', undefined, 'e.f,g*h'));
  await stream.register('profiles.create,delete.p');
  endpoint.publish({ Type: 'machines', Action: 'x', Key: 'e.f,g*h' });
  endpoint.publish({ Type: 'profiles', Action: 'save', Key: 'p' });
  endpoint.publish({ Type: 'profiles', Action: 'delete', Key: 'p' });
  const items = await take(stream, 2);
  assert.deepEqual(
    items.map(({ event }) => event?.Type),
    ['machines', 'profiles'],
  );
});
