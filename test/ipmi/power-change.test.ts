import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act } from '../../cmd/ipmi/act.ts';
import type { Driver, Request } from '../../cmd/ipmi/driver.ts';
import { closeModes, modes } from '../../cmd/ipmi/modes.ts';
import { withPowerSeen } from '../../cmd/ipmi/power-change.ts';
import { ModelError } from '../../lib/models/index.ts';
import { FakeBmc } from '../support/fake-bmc/fake-bmc.ts';
import { bmcParams } from '../support/ipmi-simulator.ts';
import { fakeIpmitool } from './fake-ipmitool.ts';
import { PATIENT, SHORT } from './lanplus/asker.ts';
import { ipmiMode } from './request.ts';

const POLL = {
  port: 'ipmi/port-ipmitool',
  pollMs: 5,
  passesOff: (said: unknown) => /Cycle/.test(`${said}`),
} as const;

/** Actions on a fake BMC as the plugin does them, with looks that come soon. */
async function withWatch(
  check: (
    act: (command: string, params?: object) => Promise<unknown>,
    bmc: FakeBmc,
    lines: string[],
  ) => Promise<void>,
  path = '/nonexistent',
  timing = PATIENT,
): Promise<void> {
  await using bmc = await FakeBmc.start();
  using plain = ipmiMode(timing, { path });
  const driver = plain.get('ipmitool') as Driver;
  const lines: string[] = [];
  const log = { info: () => {}, warn: (line: string) => lines.push(line) } as unknown as Request['log'];
  const watched = new Map([['ipmitool', withPowerSeen(driver, POLL)]]);
  const call = (command: string, params = {}) =>
    act(watched, {
      plugin: 'ipmi',
      command,
      params: { ...bmcParams(bmc), ...params },
      log,
      signal: new AbortController().signal,
    });
  await check(call, bmc, lines);
}

function looks(bmc: FakeBmc): number {
  return bmc.received.filter((key) => key.startsWith('00/01')).length;
}

test('a change of the power is answered once it is to be seen, in the words that the tool has', async () => {
  await withWatch(async (run, bmc) => {
    bmc.machine.powerLag = 3;
    assert.equal(await run('poweron'), 'Chassis Power Control: Up/On\n');
    assert.equal(bmc.machine.power, 'on');
    assert.equal(await run('powercycle'), 'Chassis Power Control: Cycle\n');
    assert.equal(bmc.machine.power, 'on');
    assert.equal(await run('powerreset'), 'Chassis Power Control: Reset\n');
    assert.equal(await run('poweroff'), 'Chassis Power Control: Down/Off\n');
    assert.equal(bmc.machine.power, 'off');
    assert.deepEqual(bmc.machine.changes, ['power on', 'power cycle', 'power reset', 'power off']);
    assert.partialDeepStrictEqual(await run('poweron', { 'ipmi/result-format': 'json' }), { power: 'on' });
  });
});

test('what is so at once takes one look more, and none with ipmi/wait-for-power 0', async () => {
  await withWatch(async (run, bmc) => {
    for (const [command, expected] of [
      ['poweron', 1],
      ['powerreset', 1],
      ['poweroff', 1],
    ] as const) {
      const before = looks(bmc);
      await run(command);
      assert.equal(looks(bmc) - before, expected, command);
    }
    const before = looks(bmc);
    bmc.machine.powerLag = 1;
    assert.equal(await run('poweron', { 'ipmi/wait-for-power': 0 }), 'Chassis Power Control: Up/On\n');
    assert.equal(looks(bmc), before);
    await assert.rejects(run('poweron', { 'ipmi/wait-for-power': -1 }), { code: 400 });
  });
});

test('a cycle that was not seen to be off is told in the log; one of a machine that was off is none', async () => {
  await withWatch(async (run, bmc, lines) => {
    assert.equal(await run('powercycle'), 'Chassis Power Control: Up/On\n');
    assert.deepEqual(lines, []);
    assert.equal(await run('powercycle'), 'Chassis Power Control: Cycle\n');
    assert.match(lines.join(), /the machine is on; it was not seen to be off/);
    lines.length = 0;
    bmc.machine.powerLag = 2;
    await run('powercycle');
    assert.deepEqual(lines, []);
  });
});

test('a BMC that takes the command and does nothing is an error that says what is so now, and it is told once', async () => {
  await withWatch(async (run, bmc) => {
    bmc.machine.ignoresPower = true;
    await assert.rejects(run('poweron', { 'ipmi/wait-for-power': 1 }), (error) => {
      assert.ok(error instanceof ModelError);
      assert.equal(error.code, 504);
      assert.match(
        error.message,
        /BMC 127\.0\.0\.1: the power is off, not on, 1 s after the command \(ipmi\/wait-for-power\)\n.*it said: Chassis Power Control: Up\/On\n.*powerstatus/,
      );
      return true;
    });
    assert.deepEqual(bmc.machine.changes, ['power on']);
  });
});

test('a BMC that cannot be read for a while after the command is read later; the last word is told', async () => {
  await withWatch(async (run, bmc) => {
    bmc.faults = { codes: { '00/01': { code: 0xc1, times: 3 } } };
    assert.equal(await run('poweron'), 'Chassis Power Control: Up/On\n');
    bmc.faults = { codes: { '00/01': { code: 0xc1, times: 1_000_000 } } };
    await assert.rejects(run('poweroff', { 'ipmi/wait-for-power': 1 }), {
      code: 504,
      message: /the power cannot be read, 1 s after .*\n.*does not support/,
    });
    assert.deepEqual(bmc.machine.changes, ['power on', 'power off']);
  });
});

test('the same by the program ipmitool, whose commands that change the power are given once', async () => {
  await using tool = await fakeIpmitool(`case "$*" in
    *status) echo x >> looks; [ $(wc -l < looks) -le 3 ] && echo "Chassis Power is off" || echo "Chassis Power is on" ;;
    *) echo "Chassis Power Control: Up/On" ;; esac`);
  await withWatch(async (run) => {
    assert.equal(await run('poweron', { 'ipmi/transport': 'ipmitool' }), 'Chassis Power Control: Up/On\n');
    const commands = (await tool.calls()).map((args) => args.at(-1));
    assert.deepEqual(commands, ['on', 'status', 'status', 'status', 'status']);
  }, tool.path);
});

test('the plugin does so in mode ipmitool', async () => {
  await using bmc = await FakeBmc.start();
  bmc.machine.powerLag = 1;
  const log = { info: () => {}, warn: () => {} } as unknown as Request['log'];
  const { signal } = new AbortController();
  const said = await act(modes, { plugin: 'ipmi', command: 'poweron', params: bmcParams(bmc), log, signal });
  assert.deepEqual([said, bmc.machine.power], ['Chassis Power Control: Up/On\n', 'on']);
  closeModes();
});

test('where the answer was lost, what is to be seen counts, and nothing is sent again', async () => {
  const loses = (kind: string, bmc: FakeBmc, times: number) => {
    let left = times;
    return (what: string) =>
      what === 'response' && bmc.received.at(-1)?.startsWith(kind) === true && left-- > 0;
  };
  await withWatch(
    async (run, bmc) => {
      bmc.machine.power = 'on';
      bmc.machine.powerLag = 2;
      bmc.faults = { loses: loses('00/02', bmc, 1) };
      assert.equal(await run('powercycle'), 'Chassis Power is on\n');
      bmc.machine.powerLag = 0;
      bmc.faults = { loses: loses('00/02', bmc, 1) };
      await assert.rejects(run('powercycle'), {
        code: 504,
        message: /may have been done\n.*the power is on now\n.*it was not seen to be off/,
      });
      assert.deepEqual(bmc.machine.changes, ['power cycle', 'power cycle']);
      bmc.faults = { loses: loses('00/02', bmc, 1) };
      await assert.rejects(run('powerreset'), { code: 504, message: /may have been done/ });
      // The machine takes the network with it for a while.
      bmc.faults = { loses: loses('00/02', bmc, 20) };
      assert.match(String(await run('poweroff')), /^Chassis Power (Control: Down\/Off|is off)\n$/);
      assert.equal(bmc.machine.power, 'off');
    },
    '/nonexistent',
    SHORT,
  );
});

test('a driver with more states than two, as racadm, is waited for as well; changes take turns', async () => {
  const states = ['powering on', 'powering on', 'on', 'powering off', 'off'];
  const told: string[] = [];
  const driver: Driver = {
    name: 'racadm',
    commands: new Set(['poweron', 'poweroff']),
    missing: async () => undefined,
    run: async ({ command }) => {
      told.push(command);
      return `${command} done`;
    },
    power: async () => {
      const state = states.shift() ?? 'gone';
      told.push(state);
      return state;
    },
  };
  const watched = withPowerSeen(driver, { port: 'ipmi/port-racadm', pollMs: 1 });
  const log = { info: () => {}, warn: () => {} } as unknown as Request['log'];
  const run = (command: string) =>
    watched.run({
      plugin: 'ipmi',
      command,
      params: { 'ipmi/address': '10.0.0.1' },
      log,
      signal: new AbortController().signal,
    });
  assert.deepEqual(await Promise.all([run('poweron'), run('poweroff')]), ['poweron done', 'poweroff done']);
  assert.deepEqual(told, ['poweron', 'powering on', 'powering on', 'on', 'poweroff', 'powering off', 'off']);
});
