import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { FoundBmc } from '../../cmd/ipmi/range-scan/found.ts';
import type { RawModel } from '../../lib/models/index.ts';
import { Running } from '../endpoint/running-endpoint.ts';
import { FakeBmc } from '../support/fake-bmc/fake-bmc.ts';
import { freePort } from '../support/ipmi-simulator.ts';
import { RedfishService } from '../support/redfish-service/index.ts';
import { until } from '../support/until.ts';

const MAIN = join(import.meta.dirname, '../../cmd/ipmi/main.ts');
const SCAN = 'plugins/ipmi/actions/range-scan';
const right = { username: 'admin', password: 'right-pa55' };
const other = { username: 'root', password: 'other-pa55' };

const guidOf = (last: number) => `4c4c4544-0051-3510-8052-0000000000${last}`;

/** The plugin under a development endpoint: BMCs at .11 (IPMI), .12 (IPMI, no credential fits), .13 (Redfish). */
describe('range-scan that makes machines', () => {
  let endpoint: Running;
  let bmcs: FakeBmc[] = [];
  let redfish: RedfishService;
  let port: number;

  before(async () => {
    port = await freePort('127.0.14.11');
    const started = await Promise.all([
      Running.open({ providers: { ipmi: MAIN } }),
      RedfishService.start({ address: '127.0.14.13', ...other }),
      FakeBmc.start({ address: '127.0.14.11', port, ...right }),
      FakeBmc.start({ address: '127.0.14.12', port, username: 'admin', password: 'unknown' }),
    ]);
    [endpoint, redfish] = started;
    bmcs = started.slice(2) as FakeBmc[];
    for (const [index, { machine }] of bmcs.entries()) {
      // As SMBIOS stores it, which most BMCs hand on.
      machine.guid = Buffer.from(`44454c4c5100103580520000000000${11 + index}`, 'hex');
    }
    await endpoint.secret('plugins/ipmi', 'ipmi/discover/credentials', [right, other]);
    // A plugin whose params change is started anew.
    const configured = () => endpoint.log.filter(({ Message }) => Message.startsWith('Configuring plugin'));
    await until(() => configured().length === 2, 'the plugin to be started anew');
    await until(async () => (await endpoint.call('GET', SCAN)).status !== 404, 'its action');
  });
  after(async () => {
    await endpoint?.[Symbol.asyncDispose]();
    await redfish?.[Symbol.asyncDispose]();
    await Promise.all(bmcs.map((bmc) => bmc[Symbol.asyncDispose]()));
  });

  async function scan(params: RawModel = {}): Promise<FoundBmc[]> {
    const reply = await endpoint.call('POST', SCAN, {
      body: {
        'ipmi/discover/scan-start-address': '127.0.14.10',
        'ipmi/discover/scan-end-address': '127.0.14.15',
        'ipmi/discover/ports': [port],
        'ipmi/port-redfish': redfish.port,
        'ipmi/discover/create-machines': true,
        ...params,
      },
    });
    assert.equal(reply.status, 200, reply.text);
    return reply.json as FoundBmc[];
  }
  const machines = () => endpoint.list('machines?decode=true&sort=Name');
  const reports = (found: FoundBmc[]) => found.map(({ machine }) => [machine?.name, machine?.created]);
  const removeAll = async () => {
    for (const { Uuid } of await machines()) await endpoint.ok('DELETE', `machines/${Uuid}`);
  };

  test('makes none unless told to', async () => {
    const found = await scan({ 'ipmi/discover/create-machines': false });
    assert.equal(found.length, 3);
    assert.ok(found.every(({ machine }) => machine === undefined));
    assert.deepEqual(await machines(), []);
  });

  test('makes one of each, which can be switched on, and at the second time none', async () => {
    const found = await scan();
    const names = [`bmc-127-0-14-11-${port}`, `bmc-127-0-14-12-${port}`, `bmc-127-0-14-13-${redfish.port}`];
    assert.deepEqual(
      reports(found),
      names.map((name) => [name, true]),
    );
    const made = await machines();
    const base = { 'ipmi/mode': 'ipmitool', 'ipmi/port-ipmitool': port };
    assert.deepEqual(
      made.map(({ Name, Params }) => [Name, Params]),
      [
        [
          names[0],
          {
            ...base,
            'ipmi/address': '127.0.14.11',
            'ipmi/username': 'admin',
            'ipmi/password': 'right-pa55',
          },
        ],
        [names[1], { ...base, 'ipmi/address': '127.0.14.12' }],
        [
          names[2],
          {
            'ipmi/address': '127.0.14.13',
            'ipmi/mode': 'redfish',
            'ipmi/port-redfish': redfish.port,
            'ipmi/username': 'root',
            'ipmi/password': 'other-pa55',
          },
        ],
      ],
    );
    assert.deepEqual(
      [made[0]?.Uuid, made[2]?.Uuid, found[0]?.machine?.uuid],
      [guidOf(11), redfish.system.uuid.toLowerCase(), guidOf(11)],
    );
    const sealed = await endpoint.ok('GET', `machines/${guidOf(11)}`);
    assert.deepEqual(Object.keys((sealed.Params as RawModel)['ipmi/password'] as RawModel), [
      'Key',
      'Nonce',
      'Payload',
    ]);

    const on = await endpoint.call('POST', `machines/${guidOf(11)}/actions/poweron`, { body: {} });
    assert.equal(on.status, 200, on.text);
    assert.equal(bmcs[0]?.machine.power, 'on');

    assert.deepEqual(
      reports(await scan()),
      names.map((name) => [name, false]),
    );
    assert.equal((await machines()).length, 3);
    await removeAll();
  });

  test('leaves a machine that has the address, in whatever form, or the UUID, or one in its fingerprint', async () => {
    const Uuid = '11111111-2222-4333-8444-555555555555';
    await endpoint.ok('POST', 'machines', {
      Name: 'by-address',
      Uuid,
      Params: { 'ipmi/address': ' 127.0.14.11' },
    });
    await endpoint.ok('POST', 'machines', { Name: 'by-uuid', Uuid: redfish.system.uuid });
    await endpoint.ok('POST', 'machines', {
      Name: 'by-port',
      Params: { 'ipmi/address': '127.0.14.12', 'ipmi/port-ipmitool': port },
    });
    const before = await machines();
    assert.deepEqual(reports(await scan()), [
      ['by-address', false],
      ['by-port', false],
      ['by-uuid', false],
    ]);
    assert.deepEqual(await machines(), before);
    await removeAll();
    const Fingerprint = { SystemUUID: guidOf(11).toUpperCase() };
    await endpoint.ok('POST', 'machines', { Name: 'by-fingerprint', Fingerprint });
    const [first] = await scan({ 'ipmi/discover/scan-end-address': '127.0.14.11' });
    assert.deepEqual(first?.machine?.name, 'by-fingerprint');
    await removeAll();
  });

  test('takes a machine at another port of the address for another one, and another name when its own is taken', async () => {
    const name = `bmc-127-0-14-11-${port}`;
    await endpoint.ok('POST', 'machines', {
      Name: name,
      Params: { 'ipmi/address': '127.0.14.11', 'ipmi/port-ipmitool': port + 1 },
    });
    await endpoint.ok('POST', 'machines', { Name: `bmc-127-0-14-12-${port}` });
    const [first, second] = await scan({ 'ipmi/discover/scan-end-address': '127.0.14.12' });
    assert.deepEqual(first?.machine, { uuid: guidOf(11), name: `bmc-${guidOf(11)}`, created: true });
    // No UUID is known of the second.
    assert.equal(second?.machine?.created, false);
    assert.match(second.machine.problem ?? '', /\S/);
    await removeAll();
  });

  test('what the plugin wrote and the endpoint sent to it shows no password', () => {
    const written = JSON.stringify(endpoint.log);
    assert.match(written, /range-scan: found 127\.0\.14\.11/);
    assert.match(written, /range-scan: 127\.0\.14\.11: machine bmc-127-0-14-11-\d+ made/);
    assert.ok(!written.includes('pa55'));
  });

  test('bad ranges are refused before anything is looked at', async () => {
    const body = {
      'ipmi/discover/scan-start-address': '127.0.0.0',
      'ipmi/discover/scan-end-address': '127.1.0.0',
    };
    assert.match(await endpoint.refused(400, 'POST', SCAN, { body }), /ipmi\/discover\/scan-end-address/);
    const none = await endpoint.refused(400, 'POST', SCAN, { body: {} });
    assert.match(none, /ipmi\/discover\/scan-start-address/);
  });
});
