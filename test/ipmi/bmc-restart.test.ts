import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { act as actOn } from '../../cmd/ipmi/act.ts';
import { withBmcBack } from '../../cmd/ipmi/bmc-restart.ts';
import type { Driver, Request } from '../../cmd/ipmi/driver.ts';
import { FakeBmc } from '../support/fake-bmc/fake-bmc.ts';
import { bmcParams } from '../support/ipmi-simulator.ts';
import { STUBBORN } from './lanplus/asker.ts';
import { withRedfish } from './redfish-actor.ts';
import { ipmiMode } from './request.ts';

describe('resetBmc by redfish', { concurrency: 4 }, () => {
  for (const [managerResets, type] of [
    [['ForceRestart', 'GracefulRestart'], 'GracefulRestart'],
    [['ForceRestart'], 'ForceRestart'],
  ] as const) {
    test(`of ${managerResets} it is ${type}; it ends when the BMC has been away and is back`, async () => {
      await withRedfish({ managerResets }, async (act, { manager, sessions }) => {
        assert.equal(await act('resetBmc'), 'Success');
        assert.deepEqual(manager.resets, [type]);
        assert.equal(sessions.open, 0);
        assert.ok(!act.lines.join().includes('not seen to be away'));
      });
    });
  }

  test('a type that is refused is followed by the next one; a lost answer is that of a BMC that restarts', async () => {
    const managerResets = ['ForceRestart', 'GracefulRestart'];
    await withRedfish({ managerResets }, async (act, service) => {
      service.fault = ({ json }) =>
        (json as { ResetType?: string })?.ResetType === 'GracefulRestart' ? { status: 400 } : undefined;
      assert.equal(await act('resetBmc'), 'Success');
      assert.deepEqual(service.manager.resets, ['ForceRestart']);
    });
    await withRedfish({ managerResets, awayFor: 0 }, async (act, service) => {
      service.fault = ({ uri }) => (uri.endsWith('Manager.Reset') ? 'cut' : undefined);
      assert.equal(await act('resetBmc'), 'Success');
      assert.equal(service.changes.length, 1);
    });
  });

  test('a BMC that was not seen to be away is told, one that stays away is an error', async () => {
    const managerResets = ['GracefulRestart'];
    await withRedfish({ managerResets, awayFor: 0 }, async (act) => {
      assert.equal(await act('resetBmc'), 'Success');
      assert.match(act.lines.join(), /it was not seen to be away/);
    });
    await withRedfish({ managerResets, awayFor: 1_000_000 }, async (act) => {
      await assert.rejects(act('resetBmc', { 'ipmi/wait-for-bmc': 1 }), {
        code: 504,
        message: /was told to restart, and is not back after 1 s \(ipmi\/wait-for-bmc\)\n/,
      });
    });
    await withRedfish({ managerResets, awayFor: 0 }, async (act, service) => {
      assert.equal(await act('resetBmc', { 'ipmi/wait-for-bmc': 0 }), 'Success');
      assert.equal(service.requests.filter(({ uri }) => uri === '/redfish/v1/').length, 1);
    });
  });

  test('a BMC that has no such action is an error', async () => {
    await withRedfish({}, async (act) => {
      await assert.rejects(act('resetBmc'), {
        code: 501,
        message: /its manager has no action Manager\.Reset/,
      });
    });
  });
});

test('by IPMI the BMC is reset cold, once, and is back at the end', async () => {
  await using bmc = await FakeBmc.start();
  let silent = 0;
  const resets: number[] = [];
  bmc.machine.handlers.set('06/02', () => {
    resets.push(1);
    silent = 6;
    return { code: 0, data: Buffer.alloc(0) };
  });
  bmc.faults = { loses: () => silent-- > 0 };
  using modes = ipmiMode(STUBBORN, { path: '/nonexistent' });
  const driver = withBmcBack(modes.get('ipmitool') as Driver, 5);
  const lines: string[] = [];
  const log = { info: () => {}, warn: (line: string) => lines.push(line) } as unknown as Request['log'];
  const request = {
    plugin: 'ipmi',
    command: 'resetBmc',
    params: bmcParams(bmc),
    log,
    signal: new AbortController().signal,
  };
  assert.equal(await actOn(new Map([['ipmitool', driver]]), request), 'Sent cold reset command to MC\n');
  assert.equal(resets.length, 1);
});
