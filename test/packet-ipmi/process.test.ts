import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { binary } from '../support/binary.ts';
import { cuttable } from '../support/cuttable.ts';
import { MetalService } from '../support/metal-service/index.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';
import { TestEndpoint, World } from './world.ts';

let endpoint: TestEndpoint;
before(async () => {
  endpoint = await TestEndpoint.start();
});
after(async () => endpoint[Symbol.asyncDispose]());

/**
 * The plugin as a process whose sockets the test holds, configured for the cloud of a world that has no provisioner.
 */
async function start(world: World, url = endpoint.endpoint.url): Promise<ProviderProcess> {
  await world.close();
  return ProviderProcess.start([binary('packet-ipmi')], {
    env: { RS_ENDPOINT: url, RS_TOKEN: endpoint.endpoint.token, RS_FILESERVER: 'http://files.example:8091' },
  });
}

function config(world: World, { key, url }: { key: string; url: string } = world.cloud) {
  return {
    Name: world.plugin,
    'packet/api-key': key,
    'packet/api-url': url,
    'packet/poll-interval': 0.02,
  };
}

test('what happens while the event stream is down is caught up with', async () => {
  await using world = await World.start(endpoint);
  await using proxy = await cuttable(endpoint.endpoint.url);
  await using provider = await start(world, proxy.url);
  assert.equal((await provider.post('config', config(world))).status, 200);
  const before = await world.machine();
  await world.ready(before.Uuid);
  proxy.setDown(true);
  const made = await world.machine();
  await world.api.objects('machines').remove(before.Uuid);
  proxy.setDown(false);
  await world.ready(made.Uuid);
  await until(() => world.cloud.devices.length === 1, 'the device of the deleted machine to be deleted');
  assert.equal(world.cloud.devices[0]?.order.hostname, made.Name);
});

test('configured anew while it runs, it goes over to the other cloud, and nothing of before goes on', async () => {
  await using world = await World.start(endpoint, { timing: { provisioning: Number.POSITIVE_INFINITY } });
  await using other = await MetalService.start({ key: 'other' });
  await using provider = await start(world);
  assert.equal((await provider.post('config', config(world))).status, 200);
  const { Uuid } = await world.machine();
  await until(async () => 'packet/uuid' in ((await world.look(Uuid))?.Params ?? {}), 'the order');
  const refused = await provider.post('config', config(world, { key: 'wrong', url: other.url }));
  assert.equal(refused.status, 401);
  const asked = world.cloud.requests.length;
  await until(() => world.cloud.requests.length > asked, 'the configuration before to go on');
  assert.equal((await provider.post('config', config(world, other))).status, 200);
  const last = world.cloud.requests.length;
  const next = await world.machine();
  await world.ready(next.Uuid);
  assert.equal(other.everMade.length, 1);
  const told = () => provider.endpoint.lines.map(({ Message }) => Message).join('\n');
  await until(
    () => /in project .*, which the key does not reach; it is looked at again later/.test(told()),
    'a word',
  );
  assert.notEqual(await world.look(Uuid), undefined);
  assert.equal(world.cloud.requests.length, last);
});

test('two configurations of the same words make one device of a machine', async () => {
  await using world = await World.start(endpoint, { timing: { provisioning: Number.POSITIVE_INFINITY } });
  await using provider = await start(world);
  for (const _time of [1, 2, 3]) {
    assert.equal((await provider.post('config', config(world))).status, 200);
  }
  const { Uuid } = await world.machine();
  await until(async () => 'packet/uuid' in ((await world.look(Uuid))?.Params ?? {}), 'the order');
  assert.equal(world.cloud.everMade.length, 1);
  world.cloud.timing.provisioning = 0;
  await world.ready(Uuid);
  const told = () => provider.endpoint.lines.filter(({ Message }) => / is device /.test(Message)).length;
  await until(() => told() > 0, 'the log');
  assert.equal(told(), 1);
});

test('it stops at once in the middle of an order, and the next process goes on', async () => {
  await using world = await World.start(endpoint, { timing: { provisioning: Number.POSITIVE_INFINITY } });
  const { Uuid } = await world.machine();
  {
    await using provider = await start(world);
    assert.equal((await provider.post('config', config(world))).status, 200);
    await until(async () => 'packet/uuid' in ((await world.look(Uuid))?.Params ?? {}), 'the order');
    assert.equal((await provider.post('stop')).status, 200);
    assert.deepEqual(await provider.exited, { code: 0, signal: null });
    assert.ok(!provider.endpoint.lines.some(({ Level }) => Level === 'error'));
  }
  world.cloud.timing.provisioning = 0;
  await using provider = await start(world);
  assert.equal((await provider.post('config', config(world))).status, 200);
  await world.ready(Uuid);
  assert.equal(world.cloud.everMade.length, 1);
});

test('before it is configured, actions are refused', async () => {
  await using world = await World.start(endpoint);
  await using provider = await start(world);
  const action = { Model: { Uuid: 'x' }, CommandSet: 'machines', Params: { 'packet/uuid': 'x-1' } };
  const { status, json } = await provider.action('poweron', action);
  assert.equal(status, 503);
  assert.deepEqual((json as { Messages: string[] }).Messages, ['the plugin is not configured']);
  for (const Params of [{}, { 'packet/uuid': 7 }]) {
    assert.equal((await provider.action('poweron', { ...action, Params })).status, 400);
  }
});
