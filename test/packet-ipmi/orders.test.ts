import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../support/until.ts';
import { TestEndpoint, World } from './world.ts';

let endpoint: TestEndpoint;
before(async () => {
  endpoint = await TestEndpoint.start();
});
after(async () => endpoint[Symbol.asyncDispose]());

const soon = () => AbortSignal.timeout(20_000);

test('a machine becomes a device, and is told what that is', async () => {
  await using world = await World.start(endpoint, { timing: { queued: 20, provisioning: 20 } });
  const { Uuid, Name } = await world.created({ 'packet/plan': 'c3.small.x86', 'packet/facility': 'sv15' });
  const machine = await world.ready(Uuid);
  const [device] = world.cloud.devices;
  const [project] = world.cloud.projects;
  assert.ok(device !== undefined && project !== undefined);
  assert.deepEqual(device.order, {
    hostname: Name,
    plan: 'c3.small.x86',
    facility: 'sv15',
    operating_system: 'custom_ipxe',
    billing_cycle: 'hourly',
    ipxe_script_url: 'http://files.example:8091/default.ipxe',
    always_pxe: true,
    tags: [`drp-machine-${Uuid}`],
  });
  assert.deepEqual(machine.Params, {
    'machine-plugin': world.plugin,
    'packet/uuid': device.id,
    'packet/plan': 'c3.small.x86',
    'packet/facility': 'sv15',
    'packet/project-id': project.id,
    'packet/sos': `${device.id}@sos.sv15.packet.net`,
    'packet/always-pxe': true,
    'packet/ipxe-script-url': 'http://files.example:8091/default.ipxe',
  });
  assert.match(machine.Address, /^198\.51\./);
  assert.equal(machine.HardwareAddrs.length, 2);
  assert.deepEqual(machine.Profiles, ['packet-console']);
  assert.deepEqual(await world.ledger(), { [Uuid]: device.id });
});

test('a machine that is renamed while its device is on its way keeps its new name', async () => {
  await using world = await World.start(endpoint, { timing: { queued: Number.POSITIVE_INFINITY } });
  const { Uuid } = await world.created();
  await until(() => world.cloud.everMade.length === 1, 'the order');
  await world.api
    .objects('machines')
    .patch(Uuid, [{ op: 'replace', path: '/Name', value: 'new.example.com' }]);
  world.cloud.timing.queued = 0;
  assert.equal((await world.ready(Uuid)).Name, 'new.example.com');
});

test('a machine is ready as soon as address and MACs of its device are known', async () => {
  await using world = await World.start(endpoint, { timing: { provisioning: Number.POSITIVE_INFINITY } });
  const { Uuid } = await world.created();
  await until(() => world.cloud.devices.length === 1, 'the order');
  for (const device of world.cloud.devices) device.earlyAddresses = true;
  const machine = await world.ready(Uuid);
  assert.notEqual(machine.Address, '');
});

test('a project of the machine, of the plugin and of the key count in this order', async () => {
  await using world = await World.start(endpoint, { projects: ['one', 'two', 'three'] });
  const [one, two, three] = world.cloud.projects.map(({ id }) => id);
  const projectOf = async (params = {}) => {
    const { Uuid } = await world.created(params);
    return (await world.ready(Uuid)).Params?.['packet/project-id'];
  };
  assert.equal(await projectOf(), one);
  assert.equal(await projectOf({ 'packet/project-id': three }), three);
  await world.close();
  await world.open({ project: two });
  assert.equal(await projectOf(), two);
  assert.equal(await projectOf({ 'packet/project-id': three }), three);
});

test('a machine that a profile gives to the plugin becomes a device, and stays its own', async () => {
  await using world = await World.start(endpoint);
  await endpoint.api
    .objects('profiles')
    .create({ Name: world.plugin, Params: { 'machine-plugin': world.plugin } });
  const { Uuid } = await endpoint.api
    .objects('machines')
    .create({ Name: 'by-profile.example.com', Profiles: [world.plugin] });
  await world.provisioner.machineCreated(Uuid, soon());
  const machine = await world.ready(Uuid);
  assert.equal(machine.Params?.['machine-plugin'], world.plugin);
  assert.deepEqual(machine.Profiles, [world.plugin, 'packet-console']);
});

test('machines of no plugin and of other plugins are left alone', async () => {
  await using world = await World.start(endpoint);
  const other = await endpoint.api
    .objects('machines')
    .create({ Name: 'other.example.com', Params: { 'machine-plugin': 'other', 'packet/uuid': 'x-1' } });
  const nobody = await endpoint.api.objects('machines').create({ Name: 'nobody.example.com' });
  for (const { Uuid } of [other, nobody]) await world.provisioner.machineCreated(Uuid, soon());
  await world.created().then(({ Uuid }) => world.ready(Uuid));
  await world.deleted(other.Uuid);
  await world.deleted(nobody.Uuid);
  assert.equal(world.cloud.everMade.length, 1);
  assert.equal(world.cloud.count('DELETE', /./), 0);
});

test('a machine that has a device gets no other', async () => {
  await using world = await World.start(endpoint);
  const { Uuid } = await world.created({ 'packet/uuid': world.cloud.addDevice({}).id });
  const second = await world.created();
  await world.ready(second.Uuid);
  await world.provisioner.machineCreated(Uuid, soon());
  await world.provisioner.machineCreated(second.Uuid, soon());
  await world.created().then((third) => world.ready(third.Uuid));
  assert.equal(world.cloud.everMade.length, 3);
});

for (const [status, advice] of [
  [401, /packet\/api-key/],
  [402, /billing/],
  [403, /no right/],
  [404, /packet\/project-id/],
  [422, /packet\/plan/],
] as const) {
  test(`an order that is refused with ${status} ends with the machine's removal and a word on what to do`, async () => {
    await using world = await World.start(endpoint);
    world.cloud.fail({ method: 'POST', how: 'status', status, message: 'so it is' });
    const { Uuid } = await world.created();
    await world.gone(Uuid);
    const [error = ''] = world.lines.filter((line) => line.startsWith('error '));
    assert.match(error, advice);
    assert.match(error, new RegExp(`\\(${status}\\): so it is$`));
    assert.equal(world.cloud.count('POST', /devices$/), 1);
    assert.deepEqual(await world.ledger(), {});
  });
}

for (const status of [429, 500, 503]) {
  test(`an order that fails with ${status} is given again, and there is one device`, async () => {
    await using world = await World.start(endpoint);
    world.cloud.fail({ method: 'POST', how: 'status', status, times: 1, headers: { 'retry-after': '0' } });
    const { Uuid } = await world.created();
    await world.ready(Uuid);
    assert.equal(world.cloud.everMade.length, 1);
  });
}

test('an order that was carried out, but got no answer, is not given twice', async () => {
  await using world = await World.start(endpoint);
  world.cloud.fail({ method: 'POST', how: 'cut-after', times: 1 });
  const { Uuid } = await world.created();
  const machine = await world.ready(Uuid);
  assert.deepEqual(
    world.cloud.everMade.map(({ id }) => id),
    [machine.Params?.['packet/uuid']],
  );
});

test('an order that was not carried out is given again once it must have shown up', async () => {
  await using world = await World.start(endpoint);
  world.cloud.fail({ method: 'POST', how: 'cut', times: 1 });
  const { Uuid } = await world.created();
  await world.ready(Uuid);
  assert.equal(world.cloud.everMade.length, 1);
  assert.equal(world.cloud.count('POST', /devices$/), 2);
});

test('orders that get no answer are given three times', async () => {
  await using world = await World.start(endpoint);
  world.cloud.fail({ method: 'POST', how: 'cut' });
  const { Uuid } = await world.created();
  await world.gone(Uuid);
  assert.equal(world.cloud.count('POST', /devices$/), 3);
  assert.equal(world.cloud.everMade.length, 0);
});

test('a device that is not ready in time is deleted as soon as the cloud lets it, and so is its machine', async () => {
  await using world = await World.start(endpoint, {
    timing: { provisioning: Number.POSITIVE_INFINITY },
    // Also the limit for deleting it.
    settings: { readyTimeoutMs: 2_000 },
  });
  const machine = await world.machine();
  let during: Promise<unknown> | undefined;
  world.cloud.onRefusedDeletion = () => {
    during ??= world.look(machine.Uuid);
    world.cloud.timing.provisioning = 0;
  };
  await world.provisioner.machineCreated(machine.Uuid, AbortSignal.timeout(20_000));
  await world.gone(machine.Uuid);
  assert.notEqual(await during, undefined);
  assert.equal(world.cloud.count('DELETE', /devices/), 2);
  assert.deepEqual(world.cloud.devices, []);
  const lines = world.lines.join('\n');
  assert.match(lines, /cannot be deleted yet/);
  assert.match(lines, /error .*still provisioning after 2 s \(packet\/ready-timeout\)/);
});

test('a device that the cloud could not provision takes its machine with it', async () => {
  await using world = await World.start(endpoint, { timing: { provisioning: Number.POSITIVE_INFINITY } });
  const { Uuid } = await world.created();
  await until(() => world.cloud.devices.length === 1, 'the order');
  for (const device of world.cloud.devices) device.doomed = true;
  world.cloud.timing.provisioning = 0;
  await world.gone(Uuid);
  assert.match(world.lines.join('\n'), /could not provision it/);
});

test('a device that cannot be seen is neither given up nor removed', async () => {
  await using world = await World.start(endpoint, {
    timing: { provisioning: Number.POSITIVE_INFINITY },
    settings: { readyTimeoutMs: 300 },
  });
  world.cloud.fail({ method: 'GET', path: /^\/devices\//, how: 'status', status: 401 });
  const { Uuid } = await world.created();
  await until(async () => 'packet/uuid' in ((await world.look(Uuid))?.Params ?? {}), 'the order');
  await until(
    () => world.lines.some((line) => /cannot be seen.*looked at again/.test(line)),
    'the end of patience',
  );
  assert.equal(world.cloud.count('DELETE', /./), 0);
  world.cloud.recover();
  world.cloud.timing.provisioning = 0;
  await world.ready(Uuid);
  assert.equal(world.cloud.everMade.length, 1);
});

test('a machine that is deleted while its device is provisioned takes the device with it', async () => {
  await using world = await World.start(endpoint, { timing: { provisioning: Number.POSITIVE_INFINITY } });
  const { Uuid } = await world.created();
  await until(async () => 'packet/uuid' in ((await world.look(Uuid))?.Params ?? {}), 'the order');
  await world.deleted(Uuid);
  await until(() => world.cloud.count('DELETE', /./) > 0, 'a deletion');
  world.cloud.timing.provisioning = 0;
  await until(() => world.cloud.devices.length === 0, 'the device to be deleted');
  await until(
    async () => Object.keys((await world.ledger()) as object).length === 0,
    'the ledger to be empty',
  );
});

test('a machine that is deleted while its device is ordered takes the device with it', async () => {
  await using world = await World.start(endpoint);
  world.cloud.fail({ method: 'POST', how: 'late', delay: 100 });
  const { Uuid } = await world.created();
  await until(() => world.cloud.count('POST', /devices$/) === 1, 'the order');
  await world.deleted(Uuid);
  await until(
    () => world.cloud.everMade.length === 1 && world.cloud.devices.length === 0,
    'order and deletion',
  );
  await until(
    async () => Object.keys((await world.ledger()) as object).length === 0,
    'the ledger to be empty',
  );
});

test('a device is deleted with its machine, also one that is gone already', async () => {
  await using world = await World.start(endpoint);
  const first = await world.created();
  const second = await world.created();
  for (const { Uuid } of [first, second]) await world.ready(Uuid);
  const device = world.cloud.devices.find(({ order }) => order.hostname === second.Name);
  device?.delete();
  for (const { Uuid } of [first, second]) await world.deleted(Uuid);
  await until(() => world.cloud.devices.length === 0, 'the devices to be deleted');
  await until(
    async () => Object.keys((await world.ledger()) as object).length === 0,
    'the ledger to be empty',
  );
  assert.ok(!world.lines.some((line) => line.startsWith('error')), world.lines.join('\n'));
});

test('a copy of a machine that is deleted does not take the device along', async () => {
  await using world = await World.start(endpoint);
  const { Uuid } = await world.created();
  const { Params } = await world.ready(Uuid);
  const copy = await world.machine(Params ?? {});
  await world.provisioner.machineCreated(copy.Uuid, AbortSignal.timeout(20_000));
  await world.deleted(copy.Uuid);
  await until(() => world.lines.some((line) => /^warn Device \S+ stays: /.test(line)), 'a word');
  assert.equal(world.cloud.devices.length, 1);
  await world.deleted(Uuid);
  await until(() => world.cloud.devices.length === 0, 'the device to be deleted');
});

test('a device that cannot be deleted stays in the ledger, and the log says what to do', async () => {
  await using world = await World.start(endpoint);
  const { Uuid } = await world.created();
  await world.ready(Uuid);
  await world.close();
  await world.open({ readyTimeoutMs: 100 });
  const [device] = world.cloud.devices;
  assert.ok(device !== undefined);
  device.locked = true;
  await world.deleted(Uuid);
  await until(
    () => world.lines.some((line) => /is gone, but its device .* is not.*locked/.test(line)),
    'an error',
  );
  assert.deepEqual(await world.ledger(), { [Uuid]: device.id });
  device.locked = false;
  world.provisioner.catchUp();
  await until(() => world.cloud.devices.length === 0, 'the device to be deleted');
});

test('an order whose beginning cannot be read counts as begun: its device is looked for first', async () => {
  await using world = await World.start(endpoint);
  const { Uuid } = await world.machine({ 'packet/order-started': 'long ago' });
  world.cloud.addDevice({ tags: [`drp-machine-${Uuid}`] });
  await world.provisioner.machineCreated(Uuid, soon());
  await world.ready(Uuid);
  assert.equal(world.cloud.everMade.length, 1);
});

test('an order that is broken off anywhere is taken up again, and there is one device', async () => {
  // The requests of an order in the cloud and at the endpoint are counted by how long it has run.
  for (let cut = 0; cut < 12; cut += 1) {
    await using world = await World.start(endpoint, { timing: { queued: 10, provisioning: 10 } });
    const { Uuid } = await world.created();
    await new Promise((done) => setTimeout(done, cut * 5));
    await world.close();
    await world.open();
    world.provisioner.catchUp();
    await world.ready(Uuid);
    assert.equal(world.cloud.devices.length, 1, `broken off after ${cut * 5} ms: ${world.lines.join('\n')}`);
    assert.equal(world.cloud.everMade.length, 1);
  }
});
