import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withRedfish } from './redfish-actor.ts';

const ON = { power: 'On' } as const;
const BASIC = ['On', 'ForceOff', 'PowerCycle'];

describe('reset, shutdown and NMI by redfish', { concurrency: 4 }, () => {
  test('a reset, a shutdown and an NMI are what they are called, and end as they should', async () => {
    await withRedfish({ systems: [ON] }, async (act, { system }) => {
      assert.equal(await act('powerreset'), 'On');
      assert.equal(await act('nmi'), 'Success');
      assert.equal(await act('powersoft'), 'Off');
      assert.equal(await act('powersoft'), 'Off');
      assert.deepEqual(system.resets, ['ForceRestart', 'Nmi', 'GracefulShutdown']);
      const json = await act('powersoft', { 'ipmi/result-format': 'json' });
      assert.partialDeepStrictEqual(json, { power: 'off', driver: 'redfish' });
    });
  });

  test('what is off is neither reset nor interrupted', async () => {
    await withRedfish({}, async (act, service) => {
      for (const command of ['powerreset', 'nmi']) {
        await assert.rejects(act(command), { code: 409, message: /is Off: there is nothing to / });
      }
      assert.deepEqual(service.changes, []);
    });
  });

  test('a BMC that has no such reset is not sent another one', async () => {
    await withRedfish({ systems: [{ ...ON, resetTypes: BASIC }] }, async (act, service) => {
      for (const command of ['powerreset', 'powersoft', 'nmi']) {
        await assert.rejects(act(command), { code: 501, message: /: it allows On, ForceOff, PowerCycle$/ });
      }
      assert.deepEqual(service.changes, []);
    });
  });

  test('where there is no graceful shutdown, or it is refused, the power button is pushed', async () => {
    for (const [resetTypes, traits] of [
      [['On', 'PushPowerButton'], {}],
      [undefined, { refusesResets: ['GracefulShutdown'] }],
    ] as const) {
      const system = resetTypes === undefined ? ON : { ...ON, resetTypes };
      await withRedfish({ systems: [system], traits }, async (act, service) => {
        assert.equal(await act('powersoft'), 'Off');
        assert.deepEqual(service.system.resets, ['PushPowerButton']);
      });
    }
  });

  test('an operating system that does not switch off is told, with what to do', async () => {
    await withRedfish({ systems: [{ ...ON, stuck: true }] }, async (act, { system }) => {
      await assert.rejects(act('powersoft', { 'ipmi/wait-for-power': 1 }), {
        code: 504,
        message: /is On, not Off, 1 s after GracefulShutdown\n.*ipmi\/wait-for-power.*poweroff/,
      });
      assert.equal(await act('powersoft', { 'ipmi/wait-for-power': 0 }), 'On');
      assert.deepEqual(system.resets, ['GracefulShutdown', 'GracefulShutdown']);
    });
  });

  test('a lost answer is no second NMI, and no second reset of a machine that restarts', async () => {
    await withRedfish(
      { systems: [ON], traits: { losesResets: { done: true, times: 1 } } },
      async (act, service) => {
        await assert.rejects(act('nmi'), {
          code: 502,
          message: /the NMI was sent once, and may have arrived/,
        });
        assert.deepEqual(service.system.resets, ['Nmi']);
      },
    );
    const traits = { losesResets: { done: true, times: 1 } };
    await withRedfish({ systems: [{ ...ON, tellsLastReset: true }], traits }, async (act, service) => {
      assert.equal(await act('powerreset'), 'On');
      assert.deepEqual(service.system.resets, ['ForceRestart']);
    });
  });
});

describe('signs of a restart', { concurrency: 4 }, () => {
  for (const [what, system, isSeen] of [
    ['a state in between', { transition: 'until read' }, true],
    ['the time of the last reset', { tellsLastReset: true }, true],
    ['neither', {}, false],
    ['a time of the last reset that does not change', { tellsLastReset: true, stuck: true }, false],
  ] as const) {
    for (const command of ['powercycle', 'powerreset']) {
      test(`${command} with ${what}: it is ${isSeen ? 'seen' : 'told that it was not seen'}`, async () => {
        await withRedfish({ systems: [{ ...ON, ...system }] }, async (act, service) => {
          assert.equal(await act(command), 'On');
          assert.equal(/was not seen to restart/.test(act.lines.join('\n')), !isSeen);
          assert.equal(service.system.resets.length, 1);
        });
      });
    }
  }
});

describe('boot settings', { concurrency: 4 }, () => {
  test('into the BIOS setup once, and back to what the BIOS says', async () => {
    await withRedfish({}, async (act, { system }) => {
      assert.equal(await act('nextbootbios'), 'Success');
      assert.partialDeepStrictEqual(system.boot, {
        BootSourceOverrideEnabled: 'Once',
        BootSourceOverrideTarget: 'BiosSetup',
      });
      assert.equal(await act('clearBoot'), 'Success');
      assert.equal(system.boot.BootSourceOverrideEnabled, 'Disabled');
    });
  });

  test('what is clear is not cleared, and what cannot be is told', async () => {
    await withRedfish({}, async (act, service) => {
      assert.equal(await act('clearBoot'), 'Success');
      assert.deepEqual(service.changes, []);
    });
    await withRedfish({ traits: { forgetsBoot: 'everywhere' } }, async (act, service) => {
      Object.assign(service.system.boot, {
        BootSourceOverrideEnabled: 'Once',
        BootSourceOverrideTarget: 'Pxe',
      });
      await assert.rejects(act('clearBoot'), {
        code: 502,
        message: /asked for Disabled, None, the BMC has Once, Pxe, UEFI: the boot source is still overridden/,
      });
    });
  });

  test('a BMC that does not list Disabled is told of no source', async () => {
    await withRedfish({ systems: [{ spans: ['Once', 'Continuous'] }] }, async (act, service) => {
      Object.assign(service.system.boot, {
        BootSourceOverrideEnabled: 'Once',
        BootSourceOverrideTarget: 'Pxe',
      });
      assert.equal(await act('clearBoot'), 'Success');
      assert.equal(service.system.boot.BootSourceOverrideTarget, 'None');
    });
  });

  const URL = 'http://boot.example/shim.efi';

  test('by HTTP from a URL, or from where DHCP says', async () => {
    await withRedfish({}, async (act, { system }) => {
      assert.equal(await act('nextbootHttp', { 'ipmi/http-boot-url': URL }), 'Success');
      assert.partialDeepStrictEqual(system.boot, {
        BootSourceOverrideEnabled: 'Once',
        BootSourceOverrideTarget: 'UefiHttp',
        HttpBootUri: URL,
        BootSourceOverrideMode: 'UEFI',
      });
    });
    await withRedfish({}, async (act, { system }) => {
      assert.equal(await act('nextbootHttp'), 'Success');
      assert.equal(system.boot.HttpBootUri, undefined);
    });
  });

  test('a BMC without HTTP boot, or that takes no URL, is an error; so is a URL that is none', async () => {
    await withRedfish({ systems: [{ targets: ['None', 'Pxe'] }] }, async (act, service) => {
      await assert.rejects(act('nextbootHttp', { 'ipmi/http-boot-url': URL }), {
        code: 501,
        message: /it allows the boot sources None, Pxe/,
      });
      assert.deepEqual(service.changes, []);
    });
    for (const strict of [true, false]) {
      await withRedfish({ strict, systems: [{ takesNoUrl: true }] }, async (act) => {
        await assert.rejects(act('nextbootHttp', { 'ipmi/http-boot-url': URL }), {
          code: 501,
          message: /it cannot be told a URL; without one, DHCP tells it/,
        });
      });
    }
    await withRedfish({}, async (act) => {
      for (const url of ['ftp://a/b', 'boot.example', 'http://']) {
        await assert.rejects(act('nextbootHttp', { 'ipmi/http-boot-url': url }), { code: 400 });
      }
    });
  });

  for (const bootJob of [200, 202] as const) {
    test(`a boot order that a job sets at the next start is taken, and told (${bootJob})`, async () => {
      const bootOptions = { Boot0001: { Alias: 'Hdd' }, Boot0002: { Alias: 'Pxe' } };
      const systems = [{ ...ON, spans: ['Once', 'Disabled'], bootOptions }];
      await withRedfish({ systems, traits: { bootJob } }, async (act, { system }) => {
        assert.equal(await act('forcebootpxe'), 'Success');
        assert.match(act.lines.join('\n'), /set at the next start of the machine: JID_1 is Scheduled/);
        assert.deepEqual(system.boot.BootOrder, ['Boot0001', 'Boot0002']);
        await act('powercycle');
        assert.deepEqual(system.boot.BootOrder, ['Boot0002', 'Boot0001']);
      });
    });
  }
});
