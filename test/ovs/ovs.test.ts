import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { callContainerPlugin, readPluginToml } from '../../lib/core0/index.ts';
import { binary } from '../support/binary.ts';
import { missingOvsdb, startOvsdb } from '../support/ovsdb.ts';

test('ovs: bridges, ports and VLANs, seen by ovs-vsctl itself', { skip: missingOvsdb() }, async (t) => {
  await using ovsdb = await startOvsdb();
  const path = binary('ovs');
  const call = (command: string, args: object = {}) =>
    callContainerPlugin(path, command, args, { env: ovsdb.env });

  await t.test('its .plugin.toml lists what it does', async () => {
    const plugins = readPluginToml(await readFile(`${path}.plugin.toml`, 'utf8'));
    assert.deepEqual(
      [...plugins],
      [
        [
          'ovs',
          {
            path: '/bin/ovs',
            exports: [
              'version',
              'bridge-list',
              'bridge-add',
              'bridge-del',
              'port-add',
              'port-del',
              'vlan-set',
            ],
            queue: true,
          },
        ],
      ],
    );
  });

  await t.test('tells the version of Open vSwitch', async () => {
    assert.match(String(await call('version')), /^ovs-vsctl \(Open vSwitch\) \d+\./);
  });

  await t.test('adds bridges, also ones that are there', async () => {
    assert.deepEqual(await call('bridge-list'), []);
    assert.equal(await call('bridge-add', { bridge: 'br0' }), null);
    assert.equal(await call('bridge-add', { bridge: 'br0' }), null);
    await call('bridge-add', { bridge: 'br1' });
    assert.deepEqual(await call('bridge-list'), ['br0', 'br1']);
    assert.equal(await ovsdb.vsctl('list-br'), 'br0\nbr1');
  });

  await t.test('adds ports, with a VLAN and without', async () => {
    await call('port-add', { bridge: 'br0', port: 'eth1' });
    await call('port-add', { bridge: 'br0', port: 'eth2', vlan: 100 });
    assert.equal(await ovsdb.vsctl('list-ports', 'br0'), 'eth1\neth2');
    assert.equal(await ovsdb.vsctl('get', 'port', 'eth2', 'tag'), '100');
  });

  await t.test('changes the VLAN of a port, and takes it away', async () => {
    await call('vlan-set', { port: 'eth1', vlan: 7 });
    assert.equal(await ovsdb.vsctl('get', 'port', 'eth1', 'tag'), '7');
    await call('vlan-set', { port: 'eth1', vlan: 0 });
    assert.equal(await ovsdb.vsctl('get', 'port', 'eth1', 'tag'), '[]');
  });

  await t.test('says what is wrong in the words of ovs-vsctl', async () => {
    await assert.rejects(call('port-add', { bridge: 'nosuch', port: 'eth9' }), {
      message: /no bridge named nosuch/,
    });
    await assert.rejects(call('port-add', { bridge: 'br1', port: 'eth1' }), {
      message: /eth1 is actually attached to bridge br0/,
    });
    await assert.rejects(call('vlan-set', { port: 'nosuch', vlan: 1 }), {
      message: /no row "nosuch" in table Port/,
    });
  });

  await t.test('takes no name for an option, and no VLAN that there is not', async () => {
    for (const args of [
      { bridge: '--help' },
      { bridge: 'a b' },
      { bridge: '' },
      { bridge: 'a'.repeat(16) },
    ]) {
      await assert.rejects(call('bridge-add', args), { message: /arguments\.bridge: must match pattern/ });
    }
    await assert.rejects(call('vlan-set', { port: 'eth1', vlan: 4095 }), {
      message: /arguments\.vlan: must be <= 4094/,
    });
    assert.deepEqual(await call('bridge-list'), ['br0', 'br1']);
  });

  await t.test('takes ports and bridges away', async () => {
    await call('port-del', { bridge: 'br0', port: 'eth1' });
    await call('port-del', { bridge: 'br0', port: 'eth1' });
    assert.equal(await ovsdb.vsctl('list-ports', 'br0'), 'eth2');
    await call('bridge-del', { bridge: 'br0' });
    assert.deepEqual(await call('bridge-list'), ['br1']);
  });

  await t.test('says that there is no ovs-vsctl', async () => {
    await assert.rejects(callContainerPlugin(path, 'version', {}, { env: { PATH: '/nonexistent' } }), {
      message: /ovs-vsctl cannot be started: .*: install Open vSwitch/,
    });
  });

  await t.test('says that the database is not there', async () => {
    const env = { ...ovsdb.env, OVS_DB: 'unix:/nonexistent' };
    await assert.rejects(callContainerPlugin(path, 'bridge-list', {}, { env }), {
      message: /database connection failed/,
    });
  });
});
