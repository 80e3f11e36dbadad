import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Client } from '../../lib/api/index.ts';
import { KeyedQueue, runChild } from '../../lib/process/index.ts';
import { TestEndpoint } from '../api/test-endpoint.ts';
import { Running } from '../endpoint/running-endpoint.ts';
import { TestEndpoint as PacketEndpoint, World } from '../packet-ipmi/world.ts';
import { until } from '../support/until.ts';

const HOUR_MS = 3_600_000;

/** The clock on the wall, which is set by hand here; timers and `performance.now()` go on as they do. */
let clock = 0;
function setClock(byMs: number): void {
  clock += byMs;
  mock.timers.setTime(clock);
}

beforeEach(() => {
  clock = Date.now();
  mock.timers.enable({ apis: ['Date'], now: clock });
});
afterEach(() => mock.timers.reset());

test('a token is kept for as long as it has lasted, however the clock is set', async () => {
  await using endpoint = await TestEndpoint.start(({ url }) =>
    url.includes('/token') ? { body: { Token: 'fetched' } } : { body: {} },
  );
  const client = new Client({ endpoint: endpoint.url, user: 'u', password: 'p', retryDelays: [] });
  const fetched = () => endpoint.requests.filter(({ url }) => url.includes('/token')).length;
  for (const step of [0, 24 * HOUR_MS, -48 * HOUR_MS]) {
    setClock(step);
    await client.info();
  }
  assert.equal(fetched(), 1);
  client.close();
});

test('an endpoint whose clock is set takes the token for old, and the client gets itself a new one', async () => {
  await using running = await Running.open();
  const { url, user, password } = running.endpoint;
  const client = new Client({ endpoint: url, user, password, retryDelays: [] });
  await client.objects('machines').create({ Name: 'before.example.com' });
  setClock(24 * HOUR_MS);
  await client.objects('machines').create({ Name: 'after.example.com' });
  setClock(-48 * HOUR_MS);
  await client.objects('machines').create({ Name: 'earlier.example.com' });
  const names = (await client.objects('machines').list()).map(({ Name }) => Name);
  assert.deepEqual(names.toSorted(), ['after.example.com', 'before.example.com', 'earlier.example.com']);
  client.close();
});

test('limits of children and of turns are those of time that passes', async () => {
  const never = new AbortController().signal;
  const env = { PATH: process.env.PATH ?? '' };
  const child = runChild('sleep', ['0.3'], { env, timeLimitMs: 20_000, signal: never });
  const late = runChild('sleep', ['600'], { env, timeLimitMs: 200, signal: never });
  const turns = new KeyedQueue({
    atOnce: 1,
    waitLimitMs: 20_000,
    cancelled: () => new Error('cancelled'),
    late: () => new Error('late'),
  });
  const first = turns.alone('k', never, () => child);
  const second = turns.alone('k', never, async () => 'had its turn');
  setClock(24 * HOUR_MS);
  setClock(-48 * HOUR_MS);
  assert.equal((await first).code, 0);
  assert.equal(await second, 'had its turn');
  assert.equal((await late).how, 'time limit');
});

test('a lost event stream is found and restored, and its gap is told, however the clock is set', {
  timeout: 120_000,
}, async () => {
  await using endpoint = await TestEndpoint.start();
  const client = endpoint.client({ pingInterval: 300 });
  const stream = client.events();
  await stream.register('machines.*.*');
  const items = stream[Symbol.asyncIterator]();
  setClock(-24 * HOUR_MS);
  endpoint.freeze();
  assert.match((await items.next()).value?.gap?.reason ?? '', /nothing heard/);
  stream.close();
  client.close();
});

test('a device that is on its way is neither given up nor removed when the clock jumps ahead', async () => {
  await using endpoint = await PacketEndpoint.start();
  await using world = await World.start(endpoint, { timing: { provisioning: Number.POSITIVE_INFINITY } });
  const { Uuid } = await world.created();
  await until(() => world.cloud.devices.length === 1, 'the order');
  // The endpoint's own tokens outlast this.
  setClock(6 * HOUR_MS);
  const asked = world.cloud.requests.length;
  await until(() => world.cloud.requests.length > asked + 3, 'the device to be looked at again');
  world.cloud.timing.provisioning = 0;
  await world.ready(Uuid);
  assert.equal(world.cloud.everMade.length, 1);
  assert.equal(world.cloud.devices.length, 1);
});
