import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeCertificate, RedfishService } from '../support/redfish-service/index.ts';
import { redfishActor, withRedfish } from './redfish-actor.ts';

describe('addresses of redfish services', { concurrency: 4 }, () => {
  for (const [address, called] of [
    ['127.0.0.7', '127.0.0.7'],
    ['127.0.0.1', 'localhost'],
    ['::1', '::1'],
    ['::1', '[::1]'],
  ] as const) {
    test(`${called} is reached`, async () => {
      await using service = await RedfishService.start({ address });
      assert.equal(await redfishActor({ address: called, port: service.port })('powerstatus'), 'Off');
      assert.equal(service.sessions.open, 0);
    });
  }

  test('what is no address is refused, and so is a port that is none', async () => {
    const act = redfishActor({ address: '127.0.0.1', port: 1 });
    for (const bad of [
      '',
      '127.0.0.1/x',
      'a b',
      'user@host',
      '1:2',
      'host:443',
      'fe80::1%eth0',
      'a\nb',
      '?',
      '010.0.0.12',
      '10.1',
      '2130706433',
      '0x7f000001',
    ]) {
      await assert.rejects(act('powerstatus', { 'ipmi/address': bad }), {
        code: 400,
        message: /ipmi\/address: /,
      });
    }
    for (const bad of [-1, 65_536, '443', 1.5]) {
      await assert.rejects(act('powerstatus', { 'ipmi/port-redfish': bad }), {
        code: 400,
        message: /ipmi\/port-redfish: expected a whole number/,
      });
    }
    await assert.rejects(act('powerstatus', { 'ipmi/username': 'a\r\nb' }), {
      code: 400,
      message: /ipmi\/username/,
    });
    await assert.rejects(act('powerstatus', { 'ipmi/password': 'a\0b' }), {
      code: 400,
      message: /ipmi\/password/,
    });
  });

  test('a host name that has no address is told', async () => {
    // A label of more than 63 characters has none, and no name server is asked.
    const act = redfishActor({ address: 'x'.repeat(64), port: 443 });
    await assert.rejects(act('powerstatus'), {
      code: 404,
      message: /cannot be found: its host name has no address/,
    });
  });
});

describe('trust in redfish services', { concurrency: 4 }, () => {
  test('without a CA the certificate does not matter; with the service’s own one, its name does not', async () => {
    await withRedfish({}, async (act, service) => {
      assert.equal(await act('powerstatus'), 'Off');
      assert.equal(await act('powerstatus', { 'ipmi/ca': service.cert }), 'Off');
      assert.equal(await act('powerstatus', { 'ipmi/ca': '' }), 'Off');
    });
  });

  test('a service that the CA does not vouch for gets no request', async () => {
    await withRedfish({}, async (act, service) => {
      const { cert } = await makeCertificate('other.example');
      await assert.rejects(act('poweron', { 'ipmi/ca': cert }), {
        code: 502,
        message: /has a certificate that ipmi\/ca does not vouch for/,
      });
      assert.deepEqual(service.requests, []);
    });
  });

  test('one that it does vouch for must have the right name', async () => {
    const by = await makeCertificate('ca.example');
    const params = { 'ipmi/ca': `# of the lab\n${by.cert}` };
    const right = await makeCertificate('bmc', { by, address: '127.0.0.1' });
    await withRedfish({ certificate: right }, async (act) => {
      assert.equal(await act('powerstatus', params), 'Off');
    });
    await withRedfish({ certificate: await makeCertificate('bmc', { by }) }, async (act, service) => {
      await assert.rejects(act('powerstatus', params), { code: 502, message: /does not vouch for/ });
      assert.deepEqual(service.requests, []);
    });
  });

  test('a CA that is none is refused', async () => {
    const act = redfishActor({ address: '127.0.0.1', port: 1 });
    for (const bad of [
      'x',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
      '-----BEGIN CERTIFICATE-----',
      7,
    ]) {
      await assert.rejects(act('powerstatus', { 'ipmi/ca': bad }), {
        code: 400,
        message: /ipmi\/ca: /,
      });
    }
  });
});

describe('systems of redfish services', { concurrency: 4 }, () => {
  const systems = [
    { id: 'Node1', uuid: '11111111-1111-1111-1111-111111111111' },
    { id: 'Node2', uuid: '22222222-2222-2222-2222-22222222222A', power: 'On' },
  ] as const;

  test('of several, the one with the Id or the UUID is used', async () => {
    await withRedfish({ systems }, async (act, service) => {
      for (const [name, state] of [
        ['Node1', 'Off'],
        ['node2', 'On'],
        ['11111111-1111-1111-1111-111111111111', 'Off'],
        ['22222222-2222-2222-2222-22222222222a', 'On'],
      ]) {
        assert.equal(await act('powerstatus', { 'ipmi/redfish-system': name }), state);
      }
      await act('poweron', { 'ipmi/redfish-system': 'Node1' });
      assert.deepEqual(
        service.systems.map(({ power }) => power),
        ['On', 'On'],
      );
    });
  });

  test('without a choice, or with one that is none, they are listed', async () => {
    await withRedfish({ systems }, async (act, service) => {
      const list =
        /It has Node1 \(11111111-1111-1111-1111-111111111111, Machine Node1\), Node2 \(22222222-2222-2222-2222-22222222222A, Machine Node2\)$/;
      await assert.rejects(act('poweron'), { code: 400, message: list });
      await assert.rejects(act('poweron'), { message: /set ipmi\/redfish-system to an Id or UUID/ });
      await assert.rejects(act('poweron', { 'ipmi/redfish-system': 'Node3' }), { code: 404, message: list });
      assert.deepEqual(service.changes, []);
    });
  });

  test('the only one is used, unless another one is asked for', async () => {
    await withRedfish({ systems: [{ id: 'A' }] }, async (act) => {
      assert.equal(await act('powerstatus'), 'Off');
      await assert.rejects(act('powerstatus', { 'ipmi/redfish-system': 'B' }), {
        code: 404,
        message: /no system "B"/,
      });
    });
  });

  test('two with the same name are not told apart, and none is an error', async () => {
    const twins = { systems: [{ id: 'A' }, { id: 'B' }] };
    await withRedfish(twins, async (act, { system }) => {
      await assert.rejects(act('poweron', { 'ipmi/redfish-system': system.uuid }), {
        code: 404,
        message: /has several systems "/,
      });
    });
    await withRedfish({ systems: [] }, async (act) => {
      await assert.rejects(act('poweron'), { code: 404, message: /has no systems$/ });
    });
  });
});
