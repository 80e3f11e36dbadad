import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { matches } from '../../lib/endpoint/state/events.ts';
import type { RawModel } from '../../lib/models/index.ts';
import { until } from '../support/until.ts';
import { EventListener } from './event-listener.ts';
import { Running } from './running-endpoint.ts';

const UUID = '5e7031fc-3062-45f1-835c-92541bc9cbd3';

test('each change is told to those who registered for it, with the object before and after', async () => {
  await using running = await Running.open();
  const listener = await EventListener.open(running);
  const { Time, ...answer } = await listener.ask('register machines.*.*');
  assert.match(Time, /^\d{4}-\d\d-\d\dT/);
  assert.deepEqual(answer, {
    Type: 'websocket',
    Action: 'register',
    Key: 'machines.*.*',
    Principal: '',
    Object: null,
    Original: null,
  });
  await running.ok('POST', 'machines', { Name: 'ws1', Uuid: UUID });
  await running.ok('PATCH', `machines/${UUID}`, [{ op: 'replace', path: '/Description', value: 'd <&>' }]);
  await running.ok('POST', `machines/${UUID}/params/x/y`, '1', 200);
  await running.refused(409, 'PATCH', `machines/${UUID}`, {
    body: [{ op: 'test', path: '/Name', value: 'x' }],
  });
  await running.ok('POST', 'profiles', { Name: 'prof' });
  await running.ok('DELETE', `machines/${UUID}`);
  assert.deepEqual(await listener.seen(), [
    `machines.create.${UUID}`,
    `machines.update.${UUID}`,
    `machines.update.${UUID}`,
    `machines.delete.${UUID}`,
  ]);
  const update = listener.events.find(({ Action }) => Action === 'update');
  assert.equal(update?.Principal, 'user:rocketskates');
  assert.equal((update?.Object as RawModel | undefined)?.Description, 'd <&>');
  assert.equal((update?.Original as RawModel | undefined)?.Description, '');
  listener.socket.terminate();
});

test('a deregistered selector brings no more events, and the odd frame does no harm', async () => {
  await using running = await Running.open();
  const listener = await EventListener.open(running);
  await listener.ask('register profiles.create.*');
  await listener.ask('register profiles.*.two');
  assert.equal((await listener.ask('deregister profiles.create.*')).Action, 'deregister');
  assert.equal((await listener.ask('deregister never.been.there')).Action, 'deregister');
  assert.equal((await listener.ask('register a.b.c.d')).Key, 'a.b.c.d');
  for (const frame of ['register a.b', 'register a', 'deregister ..'.slice(0, -1)]) {
    const refusal = await listener.ask(frame);
    assert.equal(refusal.Action, 'refused', frame);
    assert.equal((refusal.Object as RawModel).Code, 400);
  }
  for (const frame of ['register', 'bogus text', '', 'register ']) listener.socket.send(frame);
  listener.socket.send(Buffer.from([0, 1, 2]));
  for (const Name of ['one', 'two']) await running.ok('POST', 'profiles', { Name });
  assert.deepEqual(await listener.seen(), ['profiles.create.two']);
  const closed = once(listener.socket, 'close');
  listener.socket.close(1000);
  assert.equal((await closed)[0], 1000);
});

test('selectors have a bound in number and in length, and answers that are not read have one too', async () => {
  await using running = await Running.open();
  const listener = await EventListener.open(running);
  const refusal = async (frame: string) => ((await listener.ask(frame)).Object as RawModel | null)?.Messages;
  assert.deepEqual(await refusal(`register a.b.${'c'.repeat(1021)}`), [
    'expected at most 1024 characters, found 1025',
  ]);
  for (let count = 0; count < 1000; count += 1) listener.socket.send(`register a.b.${count}`);
  assert.deepEqual(await refusal('register one.more.selector'), undefined);
  await until(() => listener.events.length === 1002, 'all answers');
  assert.deepEqual(listener.events.at(-1)?.Object, {
    ...(listener.events.at(-1)?.Object as object),
    Messages: ['more than 1000 selectors of one connection'],
  });
  assert.equal((await listener.ask('deregister a.b.1')).Action, 'deregister');
  assert.equal((await listener.ask('register one.more.selector')).Action, 'register');

  const deaf = await EventListener.open(running);
  deaf.socket.pause();
  const frame = `register a.b.${'c'.repeat(60_000)}`;
  const feed = setInterval(() => {
    for (let count = 0; count < 50; count += 1) deaf.socket.send(frame);
  }, 10);
  await once(deaf.socket, 'close');
  clearInterval(feed);
  assert.equal((await running.call('GET', 'info')).status, 200);
});

test('selectors have wild cards, lists and escapes', () => {
  const event = { Type: 'machines', Action: 'create', Key: 'a.b,c*' };
  for (const selector of [
    '*.*.*',
    'machines.create.*',
    'params,machines.*.*',
    '*.delete, create.*',
    'machines.create.a\\1b\\2c\\3',
    '*.*.x,a\\1b\\2c\\3',
  ]) {
    assert.ok(matches(selector, event), selector);
  }
  for (const selector of ['*.*', 'machine.*.*', '*.delete.*', '*.*.a', 'profiles.create|delete.p*', '']) {
    assert.ok(!matches(selector, event), selector);
  }
  assert.ok(matches('*.*.a.b', { ...event, Key: 'a.b' }));
});

test('the stream asks for credentials as every route does', async () => {
  await using running = await Running.open();
  const { token, password = '' } = running.endpoint;
  const basic = `Basic ${Buffer.from(`rocketskates:${password}`).toString('base64')}`;
  const outcome = async (query: string, headers: Record<string, string>) => {
    const { socket } = new EventListener(running, query, headers);
    const [first] = await Promise.race([
      once(socket, 'open').then(() => [101]),
      once(socket, 'unexpected-response').then(([, response]) => [response.statusCode]),
    ]);
    socket.on('error', () => {});
    socket.terminate();
    return first;
  };
  assert.equal(await outcome('', {}), 401);
  assert.equal(await outcome('', { Authorization: 'Bearer zip' }), 403);
  assert.equal(await outcome('?token=zip', {}), 403);
  assert.equal(await outcome('', { Authorization: `Bearer ${token}` }), 101);
  assert.equal(await outcome(`?token=${token}`, {}), 101);
  assert.equal(await outcome('', { Authorization: basic }), 101);
  assert.equal(await outcome(`x?token=${token}`, {}), 404);
  assert.equal((await running.call('GET', 'ws')).status, 400);
});

test('events can be posted', async () => {
  await using running = await Running.open();
  const listener = await EventListener.open(running);
  await listener.ask('register mine.*.*');
  const body = { Type: 'mine', Action: 'made', Key: 'k', Object: { a: 1 }, Principal: 'somebody else' };
  assert.equal((await running.call('POST', 'events', { body })).status, 204);
  assert.deepEqual(await listener.seen(), ['mine.made.k']);
  const event = listener.events.find(({ Type }) => Type === 'mine');
  assert.deepEqual([event?.Object, event?.Principal], [{ a: 1 }, 'user:rocketskates']);
  for (const wrong of [[], {}, { ...body, Type: '' }, { ...body, Action: 7 }, { Type: 'x', Action: 'y' }]) {
    await running.refused(400, 'POST', 'events', { body: wrong });
  }
  listener.socket.terminate();
});

test('events about content packs, providers, plugins, actions and log lines are told, without secrets', async () => {
  await using running = await Running.open({ providers: { cow: 'cow-provider.ts' } });
  const listener = await EventListener.open(running);
  await listener.ask('register *.*.*');
  await running.ok('POST', 'contents', {
    meta: { Name: 'john' },
    sections: { tasks: { jt: { Name: 'jt' } } },
  });
  await running.ok('POST', 'machines', { Name: 'm1', Uuid: UUID });
  const secret = { 'cow/name': 'n', 'cow/secret': 'not for everybody' };
  await running.ok('POST', `machines/${UUID}/actions/milk`, secret, 200);
  await running.ok('POST', 'system/actions/shout', {}, 200);
  await running.ok('POST', 'plugins', { Name: 'another', Provider: 'cow' });
  const wanted = [
    'contents.create.john',
    'tasks.create.jt',
    `machines.create.${UUID}`,
    `machines.milk.${UUID}`,
    'system.shout.global',
    'cows.shout.loud',
    'plugins.create.another',
    'plugins.configed.another',
    'log.info.cow',
  ];
  await until(async () => {
    const seen = await listener.seen();
    return wanted.every((event) => seen.includes(event));
  }, 'all events').catch(async (error) => assert.deepEqual(await listener.seen(), wanted, String(error)));
  assert.doesNotMatch(JSON.stringify(listener.events), /not for everybody/);
  listener.socket.terminate();
});

test('a client that answers no pings and one that is cut off do not hold the endpoint', async () => {
  await using running = await Running.open();
  const listener = await EventListener.open(running);
  await listener.ask('register *.*.*');
  listener.socket.terminate();
  const { port } = new URL(running.endpoint.url);
  const raw = connect({ port: Number(port), host: '127.0.0.1', ca: running.endpoint.certificate });
  raw.on('error', () => {});
  raw.end('GET /api/v3/ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await running.ok('POST', 'machines', { Name: 'm1' });
  assert.equal((await running.call('GET', 'info')).status, 200);
});

test('an event about an object says whether it is available at the end of the whole change', async () => {
  await using running = await Running.open();
  const listener = await EventListener.open(running);
  await listener.ask('register stages.create.*');
  // The stage names a task that comes with it.
  await running.ok('POST', 'contents', {
    meta: { Name: 'pack' },
    sections: { stages: { stg: { Tasks: ['task'] } }, tasks: { task: {} } },
  });
  assert.deepEqual(await listener.seen(), ['stages.create.stg']);
  const [event] = listener.events.filter(({ Type }) => Type === 'stages');
  assert.equal((event?.Object as RawModel | undefined)?.Available, true);
  listener.socket.terminate();
});
