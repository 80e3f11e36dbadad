import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withPatience, withRedfish } from './redfish-actor.ts';

const DGX = [{ id: 'DGX' }, { id: 'HGX_Baseboard_0' }] as const;

describe('one member that cannot be read', { concurrency: 4 }, () => {
  for (const status of [503, 404, 500, 403]) {
    test(`another system (${status}) does not matter when one is asked for`, async () => {
      await withRedfish(
        { systems: DGX, traits: { broken: { HGX_Baseboard_0: status } } },
        async (act, service) => {
          for (const wanted of ['DGX', 'dgx', ' DGX ', service.system.uuid]) {
            assert.equal(await act('powerstatus', { 'ipmi/redfish-system': wanted }), 'Off');
          }
          assert.equal(await act('poweron', { 'ipmi/redfish-system': 'DGX' }), 'On');
        },
      );
    });
  }

  test('a system that is gone is no second one, one that cannot be read is', async () => {
    await withRedfish({ systems: DGX, traits: { broken: { HGX_Baseboard_0: 404 } } }, async (act) => {
      assert.equal(await act('powerstatus'), 'Off');
    });
    await withRedfish({ systems: DGX, traits: { broken: { HGX_Baseboard_0: 503 } } }, async (act) => {
      await assert.rejects(act('powerstatus'), {
        code: 400,
        message:
          /has several systems: .* It has DGX \(.*\), \/redfish\/v1\/Systems\/HGX_Baseboard_0 \(cannot be read/,
      });
    });
  });

  test('the system that is asked for and cannot be read is an error with the words of the BMC', async () => {
    await withRedfish({ systems: DGX, traits: { broken: { '/DGX': 503 } } }, async (act) => {
      await assert.rejects(act('powerstatus', { 'ipmi/redfish-system': 'DGX' }), { code: 503 });
    });
  });

  for (const [command, end, key] of [
    ['getStorage', 'RAID.1', 'Storage'],
    ['getProcessor', 'CPU2', 'Processors'],
    ['getEthernetInterfaces', 'NIC.1', 'EthernetInterfaces'],
  ] as const) {
    test(`${command} comes with what can be read, and says what cannot`, async () => {
      await withRedfish({ traits: { broken: { [end]: 503 } } }, async (act) => {
        if (key === 'Storage') {
          await assert.rejects(act(command), { code: 503 }, 'nothing at all could be read');
          return;
        }
        const members = (await act(command)) as Record<string, unknown>[];
        assert.equal(members.length, 2);
        const bad = members.find(({ Warnings }) => Warnings !== undefined);
        assert.match(String(bad?.['@odata.id']), new RegExp(`${key}/${end}$`));
        assert.match(String(bad?.Warnings), /503/);
        assert.match(act.lines.join(), new RegExp(`${end}: cannot be read`));
      });
    });
  }

  test('status tells the worst of what can be read, with what cannot as Warnings', async () => {
    const health = { EthernetInterfaces: ['OK', 'Warning'] };
    await withRedfish({ systems: [{ health }], traits: { broken: { 'NIC.1': 503 } } }, async (act) => {
      const status = (await act('status')) as Record<string, unknown>;
      assert.equal(status.EthernetStatus, 'Warning');
      assert.match(String(status.Warnings), /NIC\.1: 503/);
    });
    await withRedfish({}, async (act) => assert.ok(!('Warnings' in ((await act('status')) as object))));
  });

  test('a page that cannot be read ends the list, which says so', async () => {
    await withRedfish({ pageSize: 4 }, async (act, service) => {
      service.fault = ({ uri }) => (uri.includes('skip=4') ? { status: 500 } : undefined);
      const members = (await act('getMemory')) as Record<string, unknown>[];
      assert.equal(members.length, 5);
      assert.match(String(members[4]?.Warnings), /skip=4: 500/);
    });
  });

  test('200,000 members on one page are too many, and no failure of our own', async () => {
    await withRedfish({}, async (act, service) => {
      const Members = Array.from({ length: 200_000 }, (_value, index) => ({
        '@odata.id': `/redfish/v1/${index}`,
      }));
      service.fault = ({ uri }) => (uri.endsWith('/Memory') ? { status: 200, body: { Members } } : undefined);
      await assert.rejects(act('getMemory'), { code: 502, message: /has more than 2000 members/ });
    });
  });
});

describe('health', { concurrency: 4 }, () => {
  const OK = { Health: 'OK' };
  for (const [what, tells, health, expected] of [
    [
      'HPE: summaries with a rollup only',
      { ProcessorSummary: { Status: { HealthRollup: 'Warning' } } },
      {},
      { ProcessorStatus: 'Warning' },
    ],
    [
      'a rollup in its old spelling',
      { MemorySummary: { Status: { HealthRollUp: 'Critical' } } },
      {},
      { MemoryStatus: 'Critical' },
    ],
    [
      'a system that is OK, with a rollup that is not',
      { Status: { ...OK, HealthRollup: 'Critical' } },
      {},
      { Status: 'Critical' },
    ],
    [
      'a rollup that is better than the thing itself',
      { Status: { Health: 'Warning', HealthRollup: 'OK' } },
      {},
      { Status: 'Warning' },
    ],
    [
      'a summary without a status',
      { ProcessorSummary: { Count: 2 } },
      { Processors: ['OK', 'Critical'] },
      { ProcessorStatus: 'Critical' },
    ],
    ['no summary at all', { ProcessorSummary: undefined }, {}, { ProcessorStatus: '' }],
    ['words of another case', { Status: { Health: 'ok' } }, {}, { Status: 'OK' }],
    ['null', { Status: { Health: null, HealthRollup: 'Warning' } }, {}, { Status: 'Warning' }],
  ] as const) {
    test(what, async () => {
      await withPatience({ systems: [{ tells, health }] }, async (act) => {
        assert.partialDeepStrictEqual(await act('status'), expected);
      });
    });
  }

  test('storage that is OK, with a rollup that is critical', async () => {
    await withRedfish({}, async (act, service) => {
      service.fault = ({ uri }) =>
        uri.endsWith('RAID.1')
          ? { status: 200, body: { Status: { Health: 'OK', HealthRollup: 'Critical' } } }
          : undefined;
      assert.partialDeepStrictEqual(await act('status'), { StorageStatus: 'Critical' });
    });
  });
});

describe('addresses in answers', { concurrency: 4 }, () => {
  test('the BMC’s own host name leads to the BMC that was asked', async () => {
    for (const tasks of [{ looks: 2 }, { location: 'task', looks: 2 }] as const) {
      await withRedfish({ tasks, traits: { ownHostName: 'idrac-7.example' } }, async (act) => {
        assert.equal(await act('poweron'), 'On');
        assert.equal(await act('nextbootpxe'), 'Success');
      });
    }
  });

  test('a redirect to its own host name is one to itself', async () => {
    await withRedfish({}, async (act, service) => {
      service.fault = ({ uri }) =>
        uri.endsWith('/Bios')
          ? {
              status: 301,
              headers: { location: 'https://idrac-7.example/redfish/v1/Systems/System.1/SecureBoot' },
            }
          : undefined;
      assert.partialDeepStrictEqual(await act('getBios'), { Id: 'SecureBoot' });
    });
  });

  test('blanks in Ids do not count', async () => {
    const systems = [{ id: 'A', tells: { Id: ' Node 1 ' } }, { id: 'B' }];
    await withRedfish({ systems }, async (act) => {
      assert.equal(await act('powerstatus', { 'ipmi/redfish-system': 'node 1' }), 'Off');
    });
  });

  test('a root that tells of systems after the login only is asked again', async () => {
    await withRedfish({ traits: { rootAfterLogin: true } }, async (act) => {
      assert.equal(await act('powerstatus'), 'Off');
    });
  });
});
