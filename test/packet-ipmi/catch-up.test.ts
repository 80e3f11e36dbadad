import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../support/until.ts';
import { TestEndpoint, World } from './world.ts';

let endpoint: TestEndpoint;
before(async () => {
  endpoint = await TestEndpoint.start();
});
after(async () => endpoint[Symbol.asyncDispose]());

/** Lets the provisioner catch up. What that leads to may still go on. */
async function caughtUp(world: World): Promise<void> {
  const compared = () => world.lines.filter((line) => line.startsWith('info Compared ')).length;
  const before = compared();
  world.provisioner.catchUp();
  await until(() => compared() > before, 'the comparison');
}

const machinesOf = async (world: World) =>
  (await world.api.objects('machines').list()).filter(
    ({ Params }) => Params?.['machine-plugin'] === world.plugin,
  );

test('machines that were made unseen get a device', async () => {
  await using world = await World.start(endpoint);
  const { Uuid } = await world.machine();
  world.provisioner.catchUp();
  await world.ready(Uuid);
});

test('machines that a profile gives to the plugin are found where content defines machine-plugin', async () => {
  await using world = await World.start(endpoint);
  const { api } = world;
  await api.objects('params').create({ Name: 'machine-plugin', Schema: { type: 'string' } });
  try {
    await api.objects('profiles').create({ Name: world.plugin, Params: { 'machine-plugin': world.plugin } });
    const { Uuid } = await api
      .objects('machines')
      .create({ Name: 'unseen.example.com', Profiles: [world.plugin] });
    world.provisioner.catchUp();
    await world.ready(Uuid);
  } finally {
    await api.objects('params').remove('machine-plugin');
  }
});

test('devices of machines that were deleted unseen are deleted', async () => {
  await using world = await World.start(endpoint);
  const [first, second] = [await world.created(), await world.created()];
  for (const { Uuid } of [first, second]) await world.ready(Uuid);
  await world.api.objects('machines').remove(first.Uuid);
  world.provisioner.catchUp();
  await until(() => world.cloud.devices.length === 1, 'one device to be deleted');
  assert.equal(world.cloud.devices[0]?.order.hostname, second.Name);
  await until(async () => !(first.Uuid in ((await world.ledger()) as object)), 'the ledger to forget it');
});

test('the device of a machine that was deleted unseen while it was ordered is found by its tag', async () => {
  await using world = await World.start(endpoint);
  world.cloud.fail({ method: 'POST', how: 'late', delay: 60 });
  const { Uuid } = await world.created();
  await until(() => world.cloud.count('POST', /devices$/) === 1, 'the order');
  await world.close();
  await world.api.objects('machines').remove(Uuid);
  await world.open({ settleMs: 20_000 });
  world.provisioner.catchUp();
  await until(
    () => world.cloud.everMade.length === 1 && world.cloud.devices.length === 0,
    'order and deletion',
  );
});

test('machines whose device is gone are removed, those of other plugins are not', async () => {
  await using world = await World.start(endpoint);
  const { Uuid } = await world.created();
  await world.ready(Uuid);
  const project = world.cloud.projects[0]?.id;
  const gone = { 'packet/uuid': 'gone-1', 'packet/project-id': project };
  const other = await world.machine({ ...gone, 'machine-plugin': 'another' });
  const nobody = await world.api.objects('machines').create({ Name: 'n.example.com', Params: gone });
  const own = await world.machine(gone);
  const ownWithoutProject = await world.machine({ 'packet/uuid': 'gone-2' });
  await caughtUp(world);
  for (const machine of [own.Uuid, ownWithoutProject.Uuid])
    assert.equal(await world.look(machine), undefined);
  for (const machine of [other.Uuid, nobody.Uuid, Uuid])
    assert.notEqual(await world.look(machine), undefined);
  await world.api.objects('machines').remove(other.Uuid);
  await world.api.objects('machines').remove(nobody.Uuid);
});

test('a machine in a project that the key does not reach is not removed', async () => {
  await using world = await World.start(endpoint);
  const { Uuid } = await world.machine({ 'packet/uuid': 'gone-1', 'packet/project-id': 'elsewhere' });
  await caughtUp(world);
  await until(
    () => world.lines.some((line) => /elsewhere, which the key does not reach/.test(line)),
    'a word',
  );
  assert.notEqual(await world.look(Uuid), undefined);
});

test('a machine whose device is not in the list, but there, is not removed', async () => {
  await using world = await World.start(endpoint);
  const { Uuid } = await world.created();
  await world.ready(Uuid);
  const [device] = world.cloud.devices;
  assert.ok(device !== undefined);
  device.unlisted = true;
  const before = world.cloud.count('GET', new RegExp(device.id));
  await caughtUp(world);
  assert.ok(world.cloud.count('GET', new RegExp(device.id)) > before);
  assert.notEqual(await world.look(Uuid), undefined);
});

for (const path of [/^\/projects$/, /\/devices$/]) {
  test(`nothing is removed as long as ${path} cannot be listed, and it is tried again`, async () => {
    await using world = await World.start(endpoint, { timing: {} });
    const { Uuid } = await world.machine({ 'packet/uuid': 'gone-1' });
    world.cloud.fail({ method: 'GET', path, how: 'status', status: 500 });
    world.provisioner.catchUp();
    await until(
      () => world.lines.filter((line) => /could not be compared/.test(line)).length >= 2,
      'two attempts that failed',
    );
    assert.notEqual(await world.look(Uuid), undefined);
    assert.equal(world.cloud.count('GET', /^\/devices\//), 0);
    world.cloud.recover();
    await world.gone(Uuid);
  });
}

test('a key that is not accepted any more removes nothing, and is not tried again and again', async () => {
  await using world = await World.start(endpoint);
  const { Uuid } = await world.machine({ 'packet/uuid': 'gone-1' });
  world.cloud.fail({ how: 'status', status: 401 });
  world.provisioner.catchUp();
  await until(() => world.lines.some((line) => /not accepted; set packet\/api-key/.test(line)), 'an error');
  assert.notEqual(await world.look(Uuid), undefined);
  assert.equal(world.cloud.count('GET', /^\/projects$/), 2);
});

test('devices without a machine become machines only when that is asked for', async () => {
  await using world = await World.start(endpoint, { projects: ['one', 'two'] });
  const [, two] = world.cloud.projects;
  const device = world.cloud.addDevice({ hostname: 'found.example.com', plan: 'm3', facility: 'sv15' }, two);
  await caughtUp(world);
  assert.ok(!(await machinesOf(world)).some(({ Name }) => Name === 'found.example.com'));
  await world.close();
  await world.open({ importExisting: true });
  await caughtUp(world);
  assert.equal((await machinesOf(world)).length, 1);
  const found = (await machinesOf(world)).find(({ Name }) => Name === 'found.example.com');
  assert.deepEqual(found?.Params, {
    'machine-plugin': world.plugin,
    'packet/uuid': device.id,
    'packet/plan': 'm3',
    'packet/facility': 'sv15',
    'packet/project-id': two?.id,
    'packet/sos': `${device.id}@sos.sv15.packet.net`,
    'packet/always-pxe': false,
  });
  assert.match(found.Address, /^198\.51\./);
  assert.deepEqual(found.Profiles, ['packet-console']);
  await caughtUp(world);
  assert.equal((await machinesOf(world)).filter(({ Name }) => Name === 'found.example.com').length, 1);
});

test('devices of one host name become machines of different names', async () => {
  await using world = await World.start(endpoint, { settings: { importExisting: true } });
  for (const _number of [1, 2]) world.cloud.addDevice({ hostname: 'twin.example.com' });
  const third = world.cloud.addDevice({ hostname: '' });
  await caughtUp(world);
  const names = (await machinesOf(world)).map(({ Name }) => Name);
  assert.ok(names.includes('twin.example.com'));
  assert.ok(names.includes(`packet-${third.id.slice(0, 8)}`));
  assert.ok(names.some((name) => /^twin\.example\.com-[0-9a-f]{8}$/.test(name)));
});

test('a device whose host name no machine can have becomes a machine of another name', async () => {
  await using world = await World.start(endpoint, { settings: { importExisting: true } });
  const { id } = world.cloud.addDevice({ hostname: '-rack 1/2-' });
  world.cloud.addDevice({ hostname: 'fine.example.com' });
  await caughtUp(world);
  assert.deepEqual((await machinesOf(world)).map(({ Name }) => Name).sort(), [
    'fine.example.com',
    `packet-${id.slice(0, 8)}`,
  ]);
});

test('devices that are machines of another plugin, being ordered or being deleted are not imported', async () => {
  await using world = await World.start(endpoint, { settings: { importExisting: true } });
  const foreign = world.cloud.addDevice({ hostname: 'foreign.example.com' });
  const { Uuid: other } = await world.machine({ 'machine-plugin': 'another', 'packet/uuid': foreign.id });
  world.cloud.addDevice({ hostname: 'leaving.example.com' }).delete();
  world.cloud.timing.deprovisioning = Number.POSITIVE_INFINITY;
  const deleted = await world.created();
  await world.ready(deleted.Uuid);
  world.cloud.fail({ method: 'DELETE', how: 'status', status: 422 });
  await world.deleted(deleted.Uuid);
  world.cloud.timing.provisioning = Number.POSITIVE_INFINITY;
  const pending = await world.created();
  await until(() => world.cloud.devices.some(({ order }) => order.hostname === pending.Name), 'the order');
  await caughtUp(world);
  world.cloud.timing.provisioning = 0;
  await world.ready(pending.Uuid);
  assert.deepEqual(
    (await machinesOf(world)).map(({ Uuid }) => Uuid),
    [pending.Uuid],
  );
  world.cloud.recover();
  await world.api.objects('machines').remove(other);
});

test('a machine that was handed over keeps its device when it is deleted', async () => {
  await using world = await World.start(endpoint);
  const seen = await world.created();
  const unseen = await world.created();
  for (const { Uuid } of [seen, unseen]) {
    await world.ready(Uuid);
    await world.api.params('machines', Uuid).set('machine-plugin', 'another');
  }
  await world.deleted(seen.Uuid);
  await caughtUp(world);
  await until(async () => !(unseen.Uuid in ((await world.ledger()) as object)), 'the ledger to forget it');
  await world.api.objects('machines').remove(unseen.Uuid);
  await caughtUp(world);
  assert.equal(world.cloud.count('DELETE', /./), 0);
});

test('the ledger takes in machines that were there before it', async () => {
  await using world = await World.start(endpoint);
  const device = world.cloud.addDevice({});
  const { Uuid } = await world.machine({ 'packet/uuid': device.id });
  await caughtUp(world);
  assert.equal(((await world.ledger()) as Record<string, string>)[Uuid], device.id);
});
