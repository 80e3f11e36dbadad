import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelError } from '../../lib/models/index.ts';
import { FakeBmc, type FakeBmcOptions } from '../support/fake-bmc/fake-bmc.ts';
import { fakeIpmitool } from './fake-ipmitool.ts';
import { PATIENT, SHORT } from './lanplus/asker.ts';
import { actor, ipmiMode } from './request.ts';

const NO_TOOL = { path: '/nonexistent' };
const POWER_ON = 'echo "Chassis Power Control: Up/On"';

/** An action on a fake BMC, with an ipmitool that is a script; `calls` are the times that it was started. */
async function withBoth(
  options: FakeBmcOptions,
  script: string,
  check: (act: ReturnType<typeof actor>, bmc: FakeBmc, calls: () => Promise<string[][]>) => Promise<void>,
): Promise<void> {
  await using bmc = await FakeBmc.start(options);
  await using tool = await fakeIpmitool(script);
  using modes = ipmiMode(SHORT, { path: tool.path });
  await check(actor(modes, bmc), bmc, () => tool.calls());
}

test('without ipmitool on the machine, power, boot, identify and reading work', async () => {
  await using bmc = await FakeBmc.start();
  using modes = ipmiMode(PATIENT, NO_TOOL);
  const act = actor(modes, bmc);
  assert.equal(await act('powerstatus'), 'Chassis Power is off\n');
  assert.equal(await act('poweron'), 'Chassis Power Control: Up/On\n');
  assert.equal(await act('powercycle'), 'Chassis Power Control: Cycle\n');
  assert.equal(await act('poweroff'), 'Chassis Power Control: Down/Off\n');
  assert.equal(await act('powercycle'), 'Chassis Power Control: Up/On\n');
  assert.equal(await act('nextbootpxe'), 'Set Boot Device to pxe\n');
  assert.equal(await act('identify'), 'Chassis identify interval: 60 seconds\n');
  assert.partialDeepStrictEqual(await act('status'), { 'System Power': 'on' });
  assert.deepEqual(await act('sel'), {
    info: { ...((await act('sel')) as { info: object }).info, Entries: '0' },
    events: [],
  });
  assert.deepEqual(await act('sensors'), []);
  assert.partialDeepStrictEqual(await act('getInfo'), { mc: { 'Firmware Revision': '9.08' } });
  assert.partialDeepStrictEqual(await act('getBoot'), { device: 'pxe', mode: 'uefi', persistent: false });
  assert.partialDeepStrictEqual(await act('powerstatus', { 'ipmi/result-format': 'json' }), { power: 'on' });
  // All of it in one session.
  assert.equal(bmc.counts.get('open'), 1);
});

test('both transports do the same and say the same', async () => {
  await using bmc = await FakeBmc.start();
  using modes = ipmiMode({ requestMs: [5_000, 5_000] });
  const act = actor(modes, bmc);
  const results: Record<string, unknown[]> = {};
  const changes: string[][] = [];
  for (const transport of ['native', 'ipmitool']) {
    const { machine } = bmc;
    machine.power = 'on';
    const before = machine.changes.length;
    machine.sel = [Buffer.from('0100020000006a20000401300159515000', 'hex').subarray(0, 16)];
    for (const command of [
      ...[
        'powerstatus',
        'powerreset',
        'powercycle',
        'nmi',
        'powersoft',
        'powerstatus',
        'poweron',
        'poweroff',
      ],
      ...[
        'nextbootpxe',
        'nextbootdisk',
        'nextbootcd',
        'nextbootbios',
        'getBoot',
        'forcebootpxe',
        'forcebootdisk',
      ],
      ...['getBoot', 'clearBoot', 'getBoot', 'identify', 'status', 'sel', 'clearSel', 'sel'],
    ]) {
      results[command] ??= [];
      results[command].push(
        await act(command, { 'ipmi/transport': transport, 'detected-bios-mode': 'legacy-bios' }),
      );
    }
    // ipmitool sets other boot options besides, in a way of its own.
    changes.push(machine.changes.slice(before).filter((change) => !/^boot [0-4]/.test(change)));
    await assert.rejects(act('powerreset', { 'ipmi/transport': transport }), { code: 409 });
  }
  for (const [command, said] of Object.entries(results)) {
    const half = said.length / 2;
    assert.deepEqual(said.slice(0, half), said.slice(half), command);
  }
  const told = (list: string[] | undefined) => list?.filter((change) => /^(power|sel|identify)/.test(change));
  assert.deepEqual(told(changes[0]), told(changes[1]));
  assert.deepEqual(results.clearBoot?.[0], 'Set Boot Device to none\n');
  assert.partialDeepStrictEqual(results.getBoot?.at(-1), { device: 'none', persistent: false });
});

test('ipmi/transport chooses, and a choice that is none is refused', async () => {
  await withBoth({}, POWER_ON, async (act, bmc, calls) => {
    assert.equal(await act('poweron', { 'ipmi/transport': 'native' }), 'Chassis Power Control: Up/On\n');
    assert.deepEqual([bmc.machine.power, (await calls()).length], ['on', 0]);
    bmc.machine.power = 'off';
    assert.equal(await act('poweron', { 'ipmi/transport': 'ipmitool' }), 'Chassis Power Control: Up/On\n');
    assert.deepEqual([bmc.machine.power, (await calls()).length], ['off', 1]);
    await assert.rejects(act('poweron', { 'ipmi/transport': 'smoke' }), {
      code: 400,
      message: /ipmi\/transport: expected auto or native or ipmitool/,
    });
  });
  await using bmc = await FakeBmc.start();
  using modes = ipmiMode(SHORT, NO_TOOL);
  await assert.rejects(actor(modes, bmc)('powerstatus', { 'ipmi/transport': 'ipmitool' }), {
    code: 404,
    message: /Unavailable ipmi driver: ipmi\n +ipmitool is not installed/,
  });
});

test('a BMC that only ipmitool can talk to is left to it, and is known from then on', async () => {
  for (const faults of [{ isOld: true }, { wrongRakp2Code: [17, 3] }, { silentInSession: true }]) {
    await withBoth({ faults }, POWER_ON, async (act, bmc, calls) => {
      assert.equal(await act('poweron'), 'Chassis Power Control: Up/On\n');
      assert.equal((await calls()).length, 1);
      const tried = bmc.counts.get('open');
      assert.equal(await act('poweron'), 'Chassis Power Control: Up/On\n');
      const made = await calls();
      assert.equal(made.length, 2);
      const way = 'isOld' in faults ? 'lan' : 'lanplus';
      for (const args of made) assert.equal(args[args.indexOf('-I') + 1], way);
      assert.equal(bmc.counts.get('open'), tried);
      assert.deepEqual(bmc.machine.changes, []);
    });
  }
});

test('with ipmi/transport native, and where ipmitool is missing, such a BMC is an error', async () => {
  await withBoth({ faults: { isOld: true } }, POWER_ON, async (act, _bmc, calls) => {
    await assert.rejects(act('poweron', { 'ipmi/transport': 'native' }), {
      code: 501,
      message: /does not speak IPMI 2\.0/,
    });
    assert.deepEqual(await calls(), []);
  });
  await using bmc = await FakeBmc.start({ faults: { isOld: true } });
  using modes = ipmiMode(SHORT, NO_TOOL);
  await assert.rejects(actor(modes, bmc)('poweron'), {
    code: 501,
    message:
      /does not speak IPMI 2\.0\n +another client may do better with this BMC, and ipmitool is not installed/,
  });
});

test('without ipmitool a wrong password is told as that, and nothing more', async () => {
  await using bmc = await FakeBmc.start();
  using modes = ipmiMode(SHORT, NO_TOOL);
  await assert.rejects(actor(modes, bmc)('poweron', { 'ipmi/password': 'wrong' }), (error) => {
    assert.ok(error instanceof ModelError);
    const says = `BMC 127.0.0.1:${bmc.port}: refuses the user name or password (ipmi/username, ipmi/password)`;
    assert.deepEqual([error.code, error.messages], [403, [says]]);
    return true;
  });
});

test('a wrong password is tried by ipmitool once with a BMC that nothing is known of, and never with one that is known', async () => {
  await withBoth({}, 'echo "RAKP 2 HMAC is invalid" >&2; exit 1', async (act, _bmc, calls) => {
    await assert.rejects(act('poweron', { 'ipmi/password': 'wrong' }), { code: 403 });
    assert.ok((await calls()).length > 0);
  });
  await withBoth({}, POWER_ON, async (act, _bmc, calls) => {
    await act('powerstatus');
    await assert.rejects(act('poweron', { 'ipmi/password': 'wrong' }), {
      code: 403,
      message: /refuses the user name or password/,
    });
    assert.deepEqual(await calls(), []);
  });
});

test('what was sent and not answered, refused, or not reached is not sent again by ipmitool', async () => {
  await withBoth({}, POWER_ON, async (act, bmc, calls) => {
    bmc.machine.power = 'on';
    bmc.faults = {
      loses: (kind) => kind === 'response' && bmc.received.at(-1)?.startsWith('00/02') === true,
    };
    await assert.rejects(act('powercycle'), { code: 504, message: /was sent once, and may have been done/ });
    assert.deepEqual(bmc.machine.changes, ['power cycle']);
    bmc.faults = { codes: { '00/02': { code: 0xff, times: 1 } } };
    await assert.rejects(act('powercycle'), { code: 502, message: /Cycle failed: Unspecified error/ });
    bmc.faults = { loses: () => true };
    await assert.rejects(act('powercycle'), {
      code: 504,
      message: /may have been done\n.*the power cannot be read now/,
    });
    assert.deepEqual(await calls(), []);
  });
});
