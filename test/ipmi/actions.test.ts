import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type SimulatedBmc, startBmc } from '../support/ipmi-simulator.ts';
import { until } from '../support/until.ts';
import { actor, ipmiMode } from './request.ts';

/** Actions of mode ipmitool on a BMC of ipmi_sim, whose state is read back past our own code. */
for (const transport of ['native', 'ipmitool'])
  describe(`mode ipmitool on a BMC, ${transport}`, () => {
    const patient = { requestMs: [10_000], openMs: [10_000], loginMs: [10_000] };
    const modes = ipmiMode(patient);
    let bmc: SimulatedBmc;
    let act: ReturnType<typeof actor>;

    before(async () => {
      bmc = await startBmc({ address: '127.0.0.2', username: 'admin', password: 'sim-pa55' });
      const acting = actor(modes, bmc);
      act = (command, params = {}) => acting(command, { 'ipmi/transport': transport, ...params });
    });
    after(async () => {
      modes[Symbol.dispose]();
      await bmc?.close();
    });

    test('poweron, poweroff and powerstatus change and tell the power state', async () => {
      assert.equal(await act('poweron'), 'Chassis Power Control: Up/On\n');
      assert.equal(await bmc.power(), 'on');
      assert.equal(await act('powerstatus'), 'Chassis Power is on\n');
      assert.equal(await act('poweroff'), 'Chassis Power Control: Down/Off\n');
      assert.equal(await bmc.power(), 'off');
      assert.equal(await act('powerstatus'), 'Chassis Power is off\n');
    });

    test('powercycle goes through off to on', async () => {
      await act('poweron');
      const before = (await bmc.changes()).length;
      assert.equal(await act('powercycle'), 'Chassis Power Control: Cycle\n');
      await until(async () => (await bmc.power()) === 'on', 'the power to be back');
      assert.deepEqual((await bmc.changes()).slice(before), ['power 0', 'power 1']);
    });

    for (const mode of ['uefi', 'legacy-bios']) {
      test(`boot devices are set in ${mode} mode, for the next start and for all`, async () => {
        const params = { 'detected-bios-mode': mode };
        for (const [command, device, said] of [
          ['nextbootpxe', 'pxe', 'Set Boot Device to pxe\n'],
          ['nextbootdisk', 'default', 'Set Boot Device to disk\n'],
          ['nextbootcd', 'cdrom', 'Set Boot Device to cdrom\n'],
          ['forcebootpxe', 'pxe', 'Set Boot Device to pxe\n'],
          ['forcebootdisk', 'default', 'Set Boot Device to disk\n'],
        ] as const) {
          assert.equal(await act(command, params), said);
          assert.equal(await bmc.bootDevice(), device);
          assert.partialDeepStrictEqual(await act('getBoot'), {
            device: device === 'default' ? 'disk' : device,
          });
        }
      });
    }

    test('identify is on for the seconds that are asked for, 60 by default, and off for 0', async () => {
      assert.equal(await act('identify'), 'Chassis identify interval: 60 seconds\n');
      assert.equal(await bmc.identifySeconds(), 60);
      assert.equal(
        await act('identify', { 'ipmi/identify-duration': 7 }),
        'Chassis identify interval: 7 seconds\n',
      );
      assert.equal(await bmc.identifySeconds(), 7);
      assert.equal(
        await act('identify', { 'ipmi/identify-duration': 0 }),
        'Chassis identify interval: off\n',
      );
      assert.equal(await bmc.identifySeconds(), 0);
    });

    test('with ipmi/result-format json, power actions tell the state, the driver and the time', async () => {
      for (const [command, power] of [
        ['poweron', 'on'],
        ['powerstatus', 'on'],
        ['poweroff', 'off'],
        ['powerstatus', 'off'],
      ]) {
        const result = await act(command ?? '', { 'ipmi/result-format': 'json' });
        const { tookMs, ...rest } = result as { tookMs: number };
        assert.deepEqual(rest, { power, driver: 'ipmitool' });
        assert.ok(Number.isInteger(tookMs) && tookMs >= 0);
        assert.equal(await bmc.power(), power);
      }
      assert.equal(await act('powerstatus', { 'ipmi/result-format': 'text' }), 'Chassis Power is off\n');
    });

    test('status, getInfo, sel and sensors are objects', async () => {
      assert.partialDeepStrictEqual(await act('status'), { 'System Power': 'off', 'Drive Fault': false });
      assert.partialDeepStrictEqual(await act('getInfo'), {
        mc: { 'Device ID': '35', 'Firmware Revision': '9.08', 'IPMI Version': '2.0' },
        fru: [
          {
            id: 0,
            name: 'Builtin FRU Device',
            fields: { 'Board Serial': 'BSN0001', 'Product Name': 'Example Server' },
          },
        ],
      });
      assert.partialDeepStrictEqual(await act('sel'), {
        info: { Entries: '2', Overflow: false },
        events: [
          { id: '1', event: 'Upper Critical going high', direction: 'Asserted' },
          { id: '2', event: 'Upper Critical going high', direction: 'Deasserted' },
        ],
      });
      assert.deepEqual(await act('sensors'), [
        {
          name: 'Inlet Temp',
          status: 'ok',
          entity: '7.1',
          reading: '23 degrees C',
          value: 23,
          unit: 'degrees C',
        },
      ]);
    });

    test('a wrong password and an unknown user are told apart, and change nothing', async () => {
      const state = (await bmc.changes()).length;
      await assert.rejects(act('poweron', { 'ipmi/password': 'not-this' }), {
        code: 403,
        message: /refuses the user name or password/,
      });
      await assert.rejects(act('poweron', { 'ipmi/username': 'nobody' }), {
        code: 403,
        message: /does not know the user/,
      });
      assert.equal((await bmc.changes()).length, state);
    });

    test('a chassis that fails is an error with the words of the BMC', async () => {
      await bmc.setFailing(true);
      try {
        // It would be tried again, since some BMCs say the same while they start.
        const once = { 'ipmi/retry-time': 0 };
        await assert.rejects(act('poweron', once), {
          code: 502,
          message: /Set Chassis Power Control to Up\/On failed: Unspecified error/,
        });
        // ipmitool ends with code 0 on these.
        for (const [command, mode] of [
          ['nextbootpxe', 'uefi'],
          ['nextbootcd', 'legacy-bios'],
          ['forcebootdisk', 'legacy-bios'],
          ['forcebootdisk', 'uefi'],
        ] as const) {
          await assert.rejects(act(command, { ...once, 'detected-bios-mode': mode }), {
            code: 502,
            message: /Unspecified error/,
          });
        }
      } finally {
        await bmc.setFailing(false);
      }
    });

    test('cipher suite 17, which this BMC lacks, is refused when it is the only one allowed', async () => {
      await assert.rejects(act('powerstatus', { 'ipmi/cipher-suite': 17 }), {
        code: 502,
        message: /does not offer the cipher suite/,
      });
      assert.match(String(await act('powerstatus', { 'ipmi/cipher-suite': 3 })), /Chassis Power is/);
    });
  });

test('a BMC by IPv6 address or host name is reached as well', async () => {
  for (const [address, called] of [
    ['::1', '::1'],
    ['::1', '[::1]'],
    ['127.0.0.1', 'localhost'],
  ] as const) {
    const bmc = await startBmc({ address, power: 'on' });
    try {
      using modes = ipmiMode();
      const act = actor(modes, { ...bmc, address: called });
      for (const transport of ['native', 'ipmitool']) {
        assert.equal(await act('powerstatus', { 'ipmi/transport': transport }), 'Chassis Power is on\n');
      }
    } finally {
      await bmc.close();
    }
  }
});
