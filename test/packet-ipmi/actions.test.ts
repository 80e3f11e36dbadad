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
const VM = { name: undefined, plan: 'baremetal_0', facility: 'ewr1', project: undefined };

test('a device is powered off, on and rebooted', async () => {
  await using world = await World.start(endpoint, { timing: { powering: 20 } });
  const device = world.cloud.addDevice({});
  for (const [command, by, to] of [
    ['poweroff', 'powering_off', 'inactive'],
    ['startVm', 'powering_on', 'active'],
    ['stopVm', 'powering_off', 'inactive'],
    ['poweron', 'powering_on', 'active'],
    ['powercycle', 'powering_on', 'active'],
  ] as const) {
    assert.equal(await world.provisioner.power(device.id, command, soon()), 'Success');
    // On its way or there already, it is success as well.
    if (command !== 'powercycle') await world.provisioner.power(device.id, command, soon());
    await until(() => device.state !== by, `${command} to end`);
    assert.equal(device.state, to, command);
    if (command !== 'powercycle') await world.provisioner.power(device.id, command, soon());
  }
  const types = world.cloud.requests.filter(({ path }) => path.endsWith('/actions')).map(({ body }) => body);
  assert.deepEqual(types.at(-1), { type: 'reboot' });
});

test('a power action that the cloud refuses in the state of the device is an error', async () => {
  await using world = await World.start(endpoint, { timing: { provisioning: Number.POSITIVE_INFINITY } });
  const device = world.cloud.addDevice({});
  for (const command of ['poweron', 'poweroff', 'powercycle']) {
    await assert.rejects(world.provisioner.power(device.id, command, soon()), {
      code: 422,
      message: /Cannot .* a device that is provisioning/,
    });
  }
  await assert.rejects(world.provisioner.power('gone-1', 'poweron', soon()), { code: 404 });
});

test('updatepxe changes the device and is written to the machine', async () => {
  await using world = await World.start(endpoint);
  const { Uuid } = await world.created();
  const id = String((await world.ready(Uuid)).Params?.['packet/uuid']);
  const pxe = { ipxeScriptUrl: 'http://x/new.ipxe', alwaysPxe: false };
  assert.equal(await world.provisioner.updatePxe(Uuid, id, pxe, soon()), 'Success');
  const [device] = world.cloud.devices;
  assert.deepEqual([device?.order.always_pxe, device?.order.ipxe_script_url], [false, 'http://x/new.ipxe']);
  const { Params } = await world.ready(Uuid);
  assert.deepEqual(
    [Params?.['packet/always-pxe'], Params?.['packet/ipxe-script-url']],
    [false, 'http://x/new.ipxe'],
  );
  await world.provisioner.updatePxe(Uuid, id, { alwaysPxe: true }, soon());
  assert.deepEqual([device?.order.always_pxe, device?.order.ipxe_script_url], [true, 'http://x/new.ipxe']);
});

test('updatepxe leaves the name of the machine, and whose it is, as somebody has made them', async () => {
  await using world = await World.start(endpoint);
  const { Uuid } = await world.created();
  const machine = await world.ready(Uuid);
  const id = String(machine.Params?.['packet/uuid']);
  const Params = { ...machine.Params, 'machine-plugin': 'another' };
  const changed = { ...machine, Name: 'renamed.example.com', Params };
  await world.api.objects('machines').patchTo(machine, changed);
  await world.provisioner.updatePxe(Uuid, id, { alwaysPxe: false }, soon());
  const after = await world.look(Uuid);
  assert.deepEqual(
    [after?.Name, after?.Params?.['machine-plugin'], after?.Params?.['packet/always-pxe']],
    ['renamed.example.com', 'another', false],
  );
  await world.api.objects('machines').remove(Uuid);
});

test('createVm makes a machine and its device, and the event of it orders nothing more', async () => {
  await using world = await World.start(endpoint, { timing: { queued: 30 } });
  const creating = world.provisioner.createVm({ ...VM, name: 'vm.example.com', plan: 'c3' }, soon());
  await until(() => world.cloud.everMade.length === 1, 'the order');
  const machine = await world.api.objects('machines').get('Name:vm.example.com');
  await world.provisioner.machineCreated(machine.Uuid, soon());
  const [device] = world.cloud.devices;
  assert.equal(await creating, `Created ${device?.id}`);
  assert.equal(device?.order.plan, 'c3');
  assert.equal((await world.ready(machine.Uuid)).Params?.['packet/uuid'], device?.id);
  assert.match(await world.provisioner.createVm(VM, soon()), /^Created /);
  assert.match(world.cloud.devices[1]?.order.hostname ?? '', /^packet-[0-9a-f]{8}$/);
});

test('createVm with a name that a machine has is refused before anything is ordered', async () => {
  await using world = await World.start(endpoint);
  const { Name } = await world.machine({ 'machine-plugin': 'another' });
  await assert.rejects(world.provisioner.createVm({ ...VM, name: Name }, soon()), {
    code: 422,
    message: /violates unique index Name/,
  });
  assert.equal(world.cloud.count('POST', /./), 0);
  await world.api.objects('machines').remove(`Name:${Name}`);
});

test('createVm that the cloud refuses is an error, and leaves nothing', async () => {
  await using world = await World.start(endpoint);
  const vm = { ...VM, name: 'full.example.com', facility: 'full1' };
  await assert.rejects(world.provisioner.createVm(vm, soon()), { code: 422, message: /no provisionable/ });
  assert.equal(await world.api.objects('machines').exists('Name:full.example.com'), false);
});

test('createVm whose machine is deleted meanwhile says so, and the device goes too', async () => {
  await using world = await World.start(endpoint, { timing: { queued: Number.POSITIVE_INFINITY } });
  const creating = world.provisioner.createVm({ ...VM, name: 'short.example.com' }, soon());
  const refused = assert.rejects(creating, { code: 409, message: /deleted while its device was made/ });
  await until(() => world.cloud.everMade.length === 1, 'the order');
  const { Uuid } = await world.api.objects('machines').get('Name:short.example.com');
  await world.deleted(Uuid);
  await refused;
  await until(() => world.cloud.devices.length === 0, 'the device to be deleted');
});

test('destroyVm deletes the device and its machine, and can be done again', async () => {
  await using world = await World.start(endpoint);
  const { Uuid } = await world.created();
  const id = String((await world.ready(Uuid)).Params?.['packet/uuid']);
  assert.equal(await world.provisioner.destroyVm(id, soon()), `Destroyed ${id}`);
  assert.equal(await world.look(Uuid), undefined);
  assert.deepEqual(world.cloud.devices, []);
  assert.deepEqual(await world.ledger(), {});
  assert.equal(await world.provisioner.destroyVm(id, soon()), `Destroyed ${id}`);
});

test('destroyVm leaves a machine of another plugin', async () => {
  await using world = await World.start(endpoint);
  const device = world.cloud.addDevice({});
  const { Uuid } = await world.machine({ 'machine-plugin': 'another', 'packet/uuid': device.id });
  await world.provisioner.destroyVm(device.id, soon());
  assert.notEqual(await world.look(Uuid), undefined);
  await world.api.objects('machines').remove(Uuid);
});
