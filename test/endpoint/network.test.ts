import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
import { Running } from './running-endpoint.ts';

const SUBNET = {
  Name: 'lan',
  Subnet: '192.168.124.0/24',
  ActiveStart: '192.168.124.80',
  ActiveEnd: '192.168.124.254',
};

const body = (fields: RawModel) => ({
  body: Object.entries(fields).map(([field, value]) => ({ op: 'replace', path: `/${field}`, value })),
});

test('a subnet is kept with what follows from its range, and checked', async () => {
  await using running = await Running.open();
  const made = await running.ok('POST', 'subnets', { ...SUBNET, Options: [{ Code: 28, Value: 'zip' }] });
  assert.deepEqual(
    [made.Strategy, made.Pickers, made.ActiveLeaseTime, made.ReservedLeaseTime, made.Options],
    [
      'MAC',
      ['hint', 'nextFree', 'mostExpired'],
      60,
      7200,
      [
        { Code: 28, Value: '192.168.124.255' },
        { Code: 1, Value: '255.255.255.0' },
      ],
    ],
  );
  for (const [fields, expected] of [
    [{ Subnet: 'zip' }, /^Invalid subnet zip: invalid CIDR address: zip$/],
    [{ Subnet: '10.0.0.0/33' }, /^Invalid subnet/],
    [{ ActiveStart: '10.0.0.1' }, /^ActiveStart 10.0.0.1 not in subnet range 192.168.124.0\/24$/],
    [{ ActiveEnd: '192.168.124.1' }, /must be less than or equal to ActiveEnd/],
    [{ ActiveStart: '' }, /IP Address is nil/],
    [{ ActiveLeaseTime: 5 }, /^ActiveLeaseTime must be greater than or equal to 60 seconds, not 5$/],
    [{ ReservedLeaseTime: 5 }, /^ReservedLeaseTime must be greater/],
    [{ Proxy: true, Unmanaged: true }, /cannot both be true/],
    [{ Pickers: ['zip'] }, /^Picker zip is not a valid lease picking strategy$/],
  ] as const) {
    const other = { ...SUBNET, Name: 'other', ...fields };
    assert.match(await running.refused(422, 'POST', 'subnets', { body: other }), expected);
  }
  assert.equal(
    await running.refused(422, 'PATCH', 'subnets/lan', body({ Strategy: 'X', Subnet: '10.0.0.0/8' })),
    'Strategy cannot change\nSubnet range cannot change',
  );
  const overlapping = await running.ok('POST', 'subnets', { ...SUBNET, Name: 'twice' });
  assert.deepEqual(overlapping.Errors, ['Overlaps subnet lan']);
});

test('a reservation is found by its address and by that in hexadecimal', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'subnets', SUBNET);
  const reservation = { Addr: '192.168.124.10', Token: 'aa:bb:cc:dd:ee:ff', Strategy: 'MAC', Scoped: true };
  assert.equal((await running.ok('POST', 'reservations', reservation)).Subnet, 'lan');
  for (const key of ['192.168.124.10', 'C0A87C0A', 'Addr:192.168.124.10']) {
    assert.equal((await running.ok('GET', `reservations/${key}`)).Token, reservation.Token, key);
  }
  await running.refused(409, 'POST', 'reservations', { body: reservation });
  for (const [fields, expected] of [
    [{ Addr: 'zip' }, /^zip is not a valid IP address for dr-provision/],
    [{ Addr: '192.168.124.11' }, /^Reservation C0A87C0A in subnet lan already has Strategy MAC: Token aa/],
    [{ Addr: '10.0.0.1' }, /^Address 10.0.0.1 is not in a defined Subnet, and Scoped is true.$/],
    [{ Addr: '192.168.124.255', Token: 'x' }, /is a network or broadcast address for subnet lan/],
    [{ Addr: '10.0.0.1', Scoped: false, Token: '' }, /^Reservation Token cannot be empty!$/],
  ] as const) {
    const other = { ...reservation, ...fields };
    assert.match(await running.refused(422, 'POST', 'reservations', { body: other }), expected);
  }
  const changed = await running.refused(422, 'PATCH', 'reservations/C0A87C0A', body({ Token: 'y' }));
  assert.equal(changed, 'Token cannot change');
  await running.ok('DELETE', 'reservations/192.168.124.10');
});

test('there are no leases, and clients make none', async () => {
  await using running = await Running.open();
  assert.deepEqual(await running.list('leases'), []);
  for (const [key, shown] of [
    ['foo', 'foo'],
    ['0.0.0.0', '00000000'],
  ] as const) {
    const { json } = await running.call('GET', `leases/${key}`);
    assert.deepEqual(json, { Model: 'leases', Key: shown, Type: 'GET', Messages: ['Not Found'], Code: 404 });
  }
  await running.refused(405, 'POST', 'leases', { body: { Addr: '10.0.0.1' } });
});

test('the interfaces of the endpoint are those of its system that others can reach', async () => {
  await using running = await Running.open();
  const shown = await running.list('interfaces');
  const known = networkInterfaces();
  for (const { Name, Addresses, ActiveAddress, Index } of shown) {
    const own = (known[String(Name)] ?? []).map(({ cidr }) => cidr);
    assert.ok((Addresses as string[]).every((address) => own.includes(address)));
    assert.equal(ActiveAddress, (Addresses as string[])[0]);
    assert.ok(Number.isInteger(Index));
    assert.equal((await running.ok('GET', `interfaces/${Name}`)).Name, Name);
  }
  assert.ok(!shown.some(({ Name }) => Name === 'lo'));
  const { json } = await running.call('GET', 'interfaces/missing');
  const expected = {
    Model: 'interfaces',
    Key: 'missing',
    Type: 'GET',
    Messages: ['No interface'],
    Code: 404,
  };
  assert.deepEqual(json, expected);
});
