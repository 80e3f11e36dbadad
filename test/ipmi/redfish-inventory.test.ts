import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withRedfish } from './redfish-actor.ts';

const COLLECTIONS = [
  ['getMemory', 'Memory', ['DIMM1', 'DIMM2', 'DIMM3', 'DIMM4', 'DIMM5', 'DIMM6']],
  ['getStorage', 'Storage', ['RAID.1']],
  ['getSimpleStorage', 'SimpleStorage', ['1']],
  ['getProcessor', 'Processors', ['CPU1', 'CPU2']],
  ['getNetworkInterfaces', 'NetworkInterfaces', ['NIC']],
  ['getEthernetInterfaces', 'EthernetInterfaces', ['NIC.1', 'NIC.2']],
] as const;

function ids(result: unknown): unknown[] {
  assert.ok(Array.isArray(result));
  return result.map(({ Id }) => Id);
}

describe('inventory by redfish', { concurrency: 4 }, () => {
  test('resources are returned as they are', async () => {
    await withRedfish({}, async (act) => {
      assert.partialDeepStrictEqual(await act('getInfo'), { Id: 'System.1', SerialNumber: 'SN-System.1' });
      assert.partialDeepStrictEqual(await act('getBios'), { Attributes: { BootMode: 'Uefi' } });
      assert.partialDeepStrictEqual(await act('getSecureBoot'), { SecureBootEnable: true });
      assert.partialDeepStrictEqual(await act('getBoot'), { BootSourceOverrideEnabled: 'Disabled' });
    });
  });

  test('collections are returned as arrays of their members, in order, whatever the size of their pages', async () => {
    for (const pageSize of [undefined, 4, 1]) {
      await withRedfish({ pageSize }, async (act) => {
        for (const [command, , members] of COLLECTIONS) {
          assert.deepEqual(ids(await act(command)), members, command);
        }
      });
    }
  });

  test('a collection that is not there is empty, a resource that is not there an error', async () => {
    const without = [...COLLECTIONS.map(([, name]) => name), 'Bios', 'SecureBoot', 'Boot'];
    await withRedfish({ systems: [{ without }] }, async (act) => {
      for (const [command] of COLLECTIONS) assert.deepEqual(await act(command), []);
      await assert.rejects(act('getBios'), { code: 501, message: /\/Systems\/System\.1: has no Bios$/ });
      await assert.rejects(act('getBoot'), { code: 501, message: /has no Boot$/ });
      assert.deepEqual(await act('getSecureBoot'), { SecureBootEnable: false });
    });
  });

  test('a member that cannot be read has its address and the words of the service in its place', async () => {
    await withRedfish({}, async (act, service) => {
      service.fault = ({ uri }) =>
        uri.endsWith('/DIMM3')
          ? { status: 500, body: { error: { code: 'Base.1.0.InternalError', message: 'It is broken.' } } }
          : undefined;
      const members = (await act('getMemory')) as Record<string, unknown>[];
      assert.deepEqual(
        members.map(({ Id }) => Id),
        ['DIMM1', 'DIMM2', undefined, 'DIMM4', 'DIMM5', 'DIMM6'],
      );
      assert.match(
        JSON.stringify(members[2]),
        /"@odata.id":".*DIMM3","Warnings":\["BMC .*DIMM3: 500 .*","It is broken\."/,
      );
      assert.match(act.lines.join(), /DIMM3: cannot be read: .*It is broken/);
    });
  });

  test('status tells the worst health of each kind', async () => {
    const health = { EthernetInterfaces: ['OK', 'Warning'], SimpleStorage: ['Critical'] };
    await withRedfish({ systems: [{ health }] }, async (act) => {
      assert.deepEqual(await act('status'), {
        Status: 'OK',
        ProcessorStatus: 'OK',
        MemoryStatus: 'Warning',
        EthernetStatus: 'Warning',
        StorageStatus: 'OK',
        SimpleStorageStatus: 'Critical',
      });
    });
  });

  test('a kind that is not there is fine in the status, and one that cannot be read is critical', async () => {
    await withRedfish({ systems: [{ without: ['SimpleStorage'] }] }, async (act, service) => {
      service.fault = ({ uri }) => (uri.endsWith('/Storage') ? { status: 503 } : undefined);
      assert.partialDeepStrictEqual(await act('status'), {
        EthernetStatus: 'OK',
        StorageStatus: 'Critical',
        SimpleStorageStatus: 'OK',
      });
      assert.match(act.lines.join(), /Storage: .*503 Service Unavailable/);
    });
  });
});
