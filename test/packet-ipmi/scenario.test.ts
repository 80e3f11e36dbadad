import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { MetalService } from '../support/metal-service/index.ts';
import { until } from '../support/until.ts';
import { KEY, Scene } from './scene.ts';

const FOREVER = Number.POSITIVE_INFINITY;

test('a machine of the endpoint becomes a device, is powered, and is deleted', async () => {
  await using scene = await Scene.start({ timing: { queued: 50, provisioning: 50, powering: 20 } });
  const { cloud } = scene;
  const { Uuid } = await scene.machine('life.example.com', { 'packet/plan': 'c3.small.x86' });
  const machine = await scene.ready(Uuid);
  const [device] = cloud.devices;
  assert.ok(device !== undefined);
  assert.equal(machine.Params?.['packet/uuid'], device.id);
  assert.deepEqual([device.order.hostname, device.order.plan], ['life.example.com', 'c3.small.x86']);
  assert.match(device.order.ipxe_script_url, /^http:\/\/127\.0\.0\.1:\d+\/default\.ipxe$/);
  for (const [command, state] of [
    ['poweroff', 'inactive'],
    ['poweron', 'active'],
    ['powercycle', 'active'],
  ] as const) {
    assert.equal(await scene.run(Uuid, command), 'Success');
    await until(() => device.state === state, `${command} to end`);
  }
  for (const command of ['nextbootpxe', 'nextbootdisk'])
    assert.equal(await scene.run(Uuid, command), 'Complete');
  assert.equal(await scene.run(Uuid, 'updatepxe', { 'packet/always-pxe': false }), 'Success');
  assert.equal(device.order.always_pxe, false);
  await scene.consistent();
  await scene.api.objects('machines').remove(Uuid);
  await until(() => cloud.devices.length === 0, 'the device to be deleted');
  assert.equal(cloud.everMade.length, 1);
});

test('the actions of the plugin make a machine, power it and destroy it', async () => {
  await using scene = await Scene.start({ timing: { queued: 20 } });
  const actions = scene.api.actions('plugins', 'metal');
  const created = String(await actions.run('createVm', { 'packet/name': 'vm.example.com' }));
  const [device] = scene.cloud.devices;
  assert.equal(created, `Created ${device?.id}`);
  await scene.consistent();
  const target = { 'packet/uuid': device?.id };
  assert.equal(await actions.run('stopVm', target), 'Success');
  assert.equal(device?.state, 'inactive');
  assert.equal(await actions.run('startVm', target), 'Success');
  await assert.rejects(actions.run('stopVm'), { code: 400, message: /packet\/uuid: required by stopVm/ });
  assert.equal(await actions.run('destroyVm', target), `Destroyed ${device?.id}`);
  assert.equal(await scene.api.objects('machines').exists('Name:vm.example.com'), false);
  await scene.consistent();
});

test('an action that the cloud refuses is told with what to do', async () => {
  await using scene = await Scene.start();
  const { Uuid } = await scene.machine('m.example.com');
  await scene.ready(Uuid);
  scene.cloud.fail({ method: 'POST', how: 'status', status: 402, message: 'card declined', times: 1 });
  await assert.rejects(scene.run(Uuid, 'poweroff'), { code: 402, message: /billing.*card declined/ });
  for (const device of scene.cloud.devices) device.delete();
  await assert.rejects(scene.run(Uuid, 'poweroff'), { code: 404, message: /check packet\/uuid/ });
});

test('a plugin that is killed while a device is provisioned goes on with it after', async () => {
  await using scene = await Scene.start({ timing: { provisioning: FOREVER } });
  const { Uuid } = await scene.machine('killed.example.com');
  await until(async () => 'packet/uuid' in ((await scene.look(Uuid))?.Params ?? {}), 'the order');
  await scene.kill();
  scene.cloud.timing.provisioning = 0;
  await scene.ready(Uuid);
  await scene.consistent();
  assert.equal(scene.cloud.everMade.length, 1);
});

test('a plugin that is killed while the cloud takes the order orders nothing twice', async () => {
  await using scene = await Scene.start({ params: { 'packet/poll-interval': 1 } });
  const { promise: killed, resolve: goOn } = Promise.withResolvers<void>();
  scene.cloud.fail({ method: 'POST', how: 'late', after: killed });
  const { Uuid } = await scene.machine('ordered.example.com');
  await until(() => scene.cloud.count('POST', /devices$/) === 1, 'the order');
  await scene.kill();
  assert.equal(scene.cloud.everMade.length, 0);
  goOn();
  await scene.ready(Uuid);
  await scene.consistent();
  assert.equal(scene.cloud.count('POST', /devices$/), 1);
  assert.equal(scene.cloud.everMade.length, 1);
});

test('a machine that is deleted while the killed plugin is away takes its device with it', async () => {
  await using scene = await Scene.start({ timing: { provisioning: FOREVER }, restartFirst: 300 });
  const { Uuid } = await scene.machine('short.example.com');
  await until(async () => 'packet/uuid' in ((await scene.look(Uuid))?.Params ?? {}), 'the order');
  await scene.kill();
  await scene.api.objects('machines').remove(Uuid);
  const { Uuid: late } = await scene.machine('made-meanwhile.example.com');
  await scene.back();
  // The cloud deletes no device while it provisions it.
  await scene.logged(/cannot be deleted yet: .*while it is provisioning/);
  scene.cloud.timing.provisioning = 0;
  await scene.ready(late);
  await until(() => scene.cloud.devices.length === 1, 'the device to be deleted');
  await scene.consistent();
});

test('a plugin that is killed again and again makes one device of each machine', async () => {
  // So long that an order which the cloud has not read yet is not given up.
  const params = { 'packet/poll-interval': 0.4 };
  await using scene = await Scene.start({ timing: { queued: 100, provisioning: 100 }, params });
  const machines = await Promise.all(
    Array.from({ length: 10 }, (_, at) => scene.machine(`many-${at}.example.com`)),
  );
  for (const orders of [3, 8]) {
    await until(() => scene.cloud.count('POST', /devices$/) >= orders, `${orders} orders`);
    await scene.kill();
    await scene.back();
  }
  const removed = machines.slice(0, 3);
  for (const { Uuid } of removed) await scene.api.objects('machines').remove(Uuid);
  for (const { Uuid } of machines.slice(3)) await scene.ready(Uuid);
  await until(() => scene.cloud.devices.length === 7, 'three devices to be deleted');
  await scene.consistent();
  const orders = scene.cloud.everMade.map(({ order }) => order.hostname);
  assert.equal(new Set(orders).size, orders.length, 'a device was ordered twice');
});

test('another configuration takes up what went on by the one before, and only that works', async () => {
  await using scene = await Scene.start({ timing: { provisioning: FOREVER } });
  const { Uuid } = await scene.machine('moved.example.com');
  await until(async () => 'packet/uuid' in ((await scene.look(Uuid))?.Params ?? {}), 'the order');
  scene.cloud.addDevice({ hostname: 'found.example.com' });
  scene.cloud.timing.provisioning = 0;
  assert.deepEqual(await scene.plugin({ 'packet/import-existing': true }), []);
  await scene.ready(Uuid);
  await until(() => scene.api.objects('machines').exists('Name:found.example.com'), 'the import');
  await scene.consistent();
  assert.equal(scene.cloud.count('POST', /devices$/), 1);
});

test('a key that is not accepted, or reaches nothing, is told at the plugin and leaves the provider there', async () => {
  await using scene = await Scene.start();
  await using other = await MetalService.start({ key: 'another' });
  const [refused = ''] = await scene.plugin({ 'packet/api-url': other.url });
  assert.match(refused, /not accepted; set packet\/api-key/);
  other.fail({ how: 'status', status: 403 });
  const [forbidden = ''] = await scene.plugin({ 'packet/api-url': `${other.url}/` });
  assert.match(forbidden, /no right/);
  assert.ok(await scene.api.objects('plugin_providers').exists('packet-ipmi'));
  const [url = ''] = await scene.plugin({ 'packet/api-url': 'ftp://x' });
  assert.match(url, /packet\/api-url: expected a URL/);
  assert.deepEqual(await scene.plugin({ 'packet/api-url': scene.cloud.url }), []);
});

test('the key is in no log line, no error, no event, and not in the clear on disk', async () => {
  await using scene = await Scene.start();
  await using events = scene.api.events();
  await events.register('*.*.*');
  scene.cloud.fail({ method: 'POST', how: 'status', status: 422, message: `bad token ${KEY}`, times: 1 });
  const refused = await scene.machine('refused.example.com');
  await until(async () => (await scene.look(refused.Uuid)) === undefined, 'the refusal');
  await scene.ready((await scene.machine('secret.example.com')).Uuid);
  await scene.api.actions('plugins', 'metal').run('createVm', {});
  scene.cloud.fail({ how: 'status', status: 401, message: KEY });
  const actions = scene.api.actions('plugins', 'metal');
  const error = await actions.run('startVm', { 'packet/uuid': 'x-1' }).catch((thrown: unknown) => thrown);
  assert.match(String(error), /not accepted/);
  assert.doesNotMatch(String(error), new RegExp(KEY));
  await scene.api.postEvent({ Type: 'the', Action: 'last', Key: 'one' });
  for await (const { event } of events) {
    assert.doesNotMatch(JSON.stringify(event ?? {}), new RegExp(KEY));
    if (event?.Type === 'the') break;
  }
  for (const line of scene.running.log) assert.doesNotMatch(JSON.stringify(line), new RegExp(KEY));
  const database = await readFile(join(scene.running.root, 'endpoint.db'));
  assert.equal(database.includes(KEY), false);
});
