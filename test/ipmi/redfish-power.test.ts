import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ModelError } from '../../lib/models/index.ts';
import type { SystemOptions } from '../support/redfish-service/index.ts';
import { until } from '../support/until.ts';
import { type Actor, withRedfish } from './redfish-actor.ts';

const ALL = [
  'ForceOn',
  'On',
  'PushPowerButton',
  'ForceOff',
  'GracefulShutdown',
  'PowerCycle',
  'ForceRestart',
];

/** Does one action on a system, and tells which reset types that took. */
async function resets(
  system: SystemOptions,
  command: string,
  params: Record<string, unknown> = {},
): Promise<{ result: unknown; types: string[] }> {
  let result: unknown;
  let types: string[] = [];
  await withRedfish({ systems: [system] }, async (act, service) => {
    result = await act(command, params);
    types = service.system.resets;
  });
  return { result, types };
}

describe('power by redfish', { concurrency: 4 }, () => {
  test('powerstatus is the PowerState, as text, or as an object in json', async () => {
    await withRedfish({ systems: [{ power: 'On' }] }, async (act) => {
      assert.equal(await act('powerstatus'), 'On');
      const json = await act('powerstatus', { 'ipmi/result-format': 'json' });
      assert.partialDeepStrictEqual(json, { power: 'on', driver: 'redfish' });
    });
  });

  test('on, off and cycle tell the state that they reached', async () => {
    await withRedfish({}, async (act, { system }) => {
      assert.equal(await act('poweron'), 'On');
      assert.equal(system.power, 'On');
      assert.equal(await act('powercycle'), 'On');
      assert.equal(await act('poweroff'), 'Off');
      assert.equal(system.power, 'Off');
      assert.deepEqual(system.resets, ['ForceOn', 'PowerCycle', 'ForceOff']);
    });
  });

  test('the first of the preferred reset types that is allowed is sent, wherever that is told', async () => {
    for (const [command, power, allowed, type] of [
      ['poweron', 'Off', ALL, 'ForceOn'],
      ['poweron', 'Off', ['ForceRestart', 'PushPowerButton', 'On'], 'On'],
      ['poweron', 'Off', ['ForceRestart', 'PushPowerButton'], 'PushPowerButton'],
      ['poweron', 'Off', ['ForceRestart'], 'ForceRestart'],
      ['poweron', 'Off', null, 'On'],
      ['poweroff', 'On', ALL, 'ForceOff'],
      ['poweroff', 'On', ['GracefulShutdown', 'Off'], 'Off'],
      ['poweroff', 'On', ['PushPowerButton', 'GracefulShutdown'], 'GracefulShutdown'],
      ['poweroff', 'On', ['ForceRestart', 'PushPowerButton'], 'PushPowerButton'],
      ['poweroff', 'On', null, 'ForceOff'],
      ['powercycle', 'On', ALL, 'PowerCycle'],
      ['powercycle', 'On', ['On', 'ForceOff', 'ForceRestart'], 'ForceRestart'],
      ['powercycle', 'On', null, 'ForceRestart'],
    ] as const) {
      for (const resetTypesIn of ['annotation', 'action info'] as const) {
        const { types } = await resets({ power, resetTypes: allowed, resetTypesIn }, command);
        assert.deepEqual(types, [type], `${command} with ${allowed}`);
      }
    }
  });

  test('a cycle is off and on where the service has none', async () => {
    const resetTypes = ['On', 'ForceOff'];
    assert.deepEqual(await resets({ power: 'On', resetTypes, transition: 'until read' }, 'powercycle'), {
      result: 'On',
      types: ['ForceOff', 'On'],
    });
  });

  test('a cycle of what is off switches it on', async () => {
    for (const [resetTypes, type] of [
      [ALL, 'ForceOn'],
      [['On', 'ForceOff'], 'On'],
      [null, 'On'],
    ] as const) {
      assert.deepEqual(await resets({ power: 'Off', resetTypes }, 'powercycle'), {
        result: 'On',
        types: [type],
      });
    }
  });

  test('a cycle that ends half way says that the system is off', async () => {
    await withRedfish(
      { systems: [{ power: 'On', resetTypes: ['On', 'ForceOff'] }] },
      async (act, service) => {
        const abort = new AbortController();
        service.fault = () => {
          if (service.system.power === 'Off') abort.abort(new ModelError(503, 'Plugin ipmi is stopping'));
          return undefined;
        };
        await assert.rejects(act('powercycle', {}, abort.signal), {
          code: 503,
          message: /System\.1: its power cycle ended half way, and it may be off\n +Plugin ipmi is stopping$/,
        });
      },
    );
  });

  test('nothing is sent when the power is as asked', async () => {
    assert.deepEqual(await resets({ power: 'On' }, 'poweron'), { result: 'On', types: [] });
    assert.deepEqual(await resets({ power: 'Off' }, 'poweroff'), { result: 'Off', types: [] });
  });

  test('a change that takes time is waited for', async () => {
    await withRedfish({ systems: [{ transition: 'until read' }] }, async (act, { system }) => {
      assert.equal(await act('poweron'), 'On');
      assert.equal(await act('powercycle'), 'On');
      assert.equal(await act('poweroff'), 'Off');
      assert.deepEqual(system.resets, ['ForceOn', 'PowerCycle', 'ForceOff']);
    });
  });

  test('it is not waited for when the wait is 0, and one that goes on is not pushed again', async () => {
    await withRedfish({ systems: [{ transition: 'forever' }] }, async (act, { system }) => {
      assert.equal(await act('poweron', { 'ipmi/wait-for-power': 0 }), 'PoweringOn');
      assert.equal(await act('poweron', { 'ipmi/wait-for-power': 0 }), 'PoweringOn');
      assert.deepEqual(system.resets, ['ForceOn']);
    });
  });

  test('changes at once come one after the other', async () => {
    const systems = [{ power: 'On', resetTypes: ['On', 'ForceOff'], transition: 'until read' }] as const;
    await withRedfish({ systems }, async (act, { system }) => {
      const commands = ['powercycle', 'poweroff', 'poweron'];
      assert.deepEqual(await Promise.all(commands.map((command) => act(command))), ['On', 'Off', 'On']);
      const { resets } = system;
      assert.ok(
        resets.every((type, index) => type === (index % 2 === 0 ? 'ForceOff' : 'On')),
        `${resets}`,
      );
    });
  });

  test('a change that goes on holds up neither questions nor other systems, and its own for a while', async () => {
    const systems = [{ id: 'A', stuck: true }, { id: 'B' }];
    const on = (id: string) => ({ 'ipmi/redfish-system': id, 'ipmi/wait-for-power': 3600 });
    await withRedfish(
      { systems },
      async (act, service) => {
        const abort = new AbortController();
        const stuck = act('poweron', on('A'), abort.signal);
        await until(() => service.changes.length > 0, 'the order');
        assert.equal(await act('powerstatus', on('A')), 'Off');
        assert.equal(await act('poweron', on('B')), 'On');
        await assert.rejects(act('poweroff', on('a')), {
          code: 503,
          message: /BMC .*, system a: earlier calls were not done after 0\.05 s$/,
        });
        abort.abort();
        await assert.rejects(stuck, { code: 503 });
      },
      { waitLimitMs: 50 },
    );
  });

  test('in json, the state is the one that was reached', async () => {
    await withRedfish({ systems: [{ transition: 'until read' }] }, async (act) => {
      const json = await act('poweron', { 'ipmi/result-format': 'json' });
      assert.partialDeepStrictEqual(json, { power: 'on', driver: 'redfish' });
    });
  });

  test('a state that is not reached in time is an error that tells the one that is', async () => {
    await withRedfish({ systems: [{ stuck: true }] }, async (act) => {
      await assert.rejects(act('poweron', { 'ipmi/wait-for-power': 1 }), {
        code: 504,
        message: /\/redfish\/v1\/Systems\/System\.1: is Off, not On, 1 s after ForceOn$/,
      });
      assert.equal(await act('poweron', { 'ipmi/wait-for-power': 0 }), 'Off');
    });
  });

  test('a service that allows nothing that would do is told so', async () => {
    await withRedfish({ systems: [{ resetTypes: ['Nmi', 'Suspend'] }] }, async (act, { system }) => {
      await assert.rejects(act('poweron'), {
        code: 501,
        message: /cannot switch .* on: it allows Nmi, Suspend/,
      });
      assert.deepEqual(system.resets, []);
    });
  });

  test('what the service refuses is told in its own words', async () => {
    await withRedfish({ systems: [{ transition: 'forever' }] }, async (act) => {
      await act('poweron', { 'ipmi/wait-for-power': 0 });
      await assert.rejects(act('poweroff', { 'ipmi/wait-for-power': 0 }), {
        code: 409,
        message:
          /BMC 127\.0\.0\.1:\d+: POST \/redfish\/v1\/Systems\/System\.1\/Actions\/ComputerSystem\.Reset: 409 Conflict\n {2}The resource is in use or in transition\.(\n {2}it was tried again for \d+(\.\d)? s \(ipmi\/retry-time\))?$/,
      });
    });
  });

  test('a wait is a whole number of seconds', async () => {
    await withRedfish({}, async (act, service) => {
      for (const bad of [-1, 1.5, '5', 1e9]) {
        await assert.rejects(act('poweron', { 'ipmi/wait-for-power': bad }), {
          code: 400,
          message: /ipmi\/wait-for-power: expected a whole number/,
        });
      }
      assert.deepEqual(service.changes, []);
    });
  });
});

describe('boot sources by redfish', { concurrency: 4 }, () => {
  const COMMANDS = [
    ['nextbootpxe', 'Once', 'Pxe'],
    ['nextbootdisk', 'Once', 'Hdd'],
    ['nextbootcd', 'Once', 'Cd'],
    ['forcebootpxe', 'Continuous', 'Pxe'],
    ['forcebootdisk', 'Continuous', 'Hdd'],
  ] as const;
  const SOURCES: Readonly<Record<string, string>> = { Cd: 'physical CD' };

  async function startedFrom(act: Actor): Promise<void> {
    await act('poweron');
    await act('poweroff');
  }

  for (const [bios, mode] of [
    ['uefi', 'UEFI'],
    ['legacy-bios', 'Legacy'],
  ] as const) {
    test(`${bios}: the machine starts from the source, once or from now on`, async () => {
      for (const [command, enabled, target] of COMMANDS) {
        await withRedfish({}, async (act, { system }) => {
          assert.equal(await act(command, { 'detected-bios-mode': bios }), 'Success');
          assert.partialDeepStrictEqual(await act('getBoot'), {
            BootSourceOverrideEnabled: enabled,
            BootSourceOverrideTarget: target,
            BootSourceOverrideMode: mode,
          });
          await startedFrom(act);
          await startedFrom(act);
          const source = SOURCES[target] ?? target;
          const then = enabled === 'Once' ? 'Hdd' : source;
          assert.deepEqual(system.starts, [
            { source, mode },
            { source: then, mode },
          ]);
        });
      }
    });
  }

  test('nothing is sent when the source is as asked', async () => {
    await withRedfish({}, async (act, service) => {
      await act('nextbootpxe');
      await act('nextbootpxe');
      assert.equal(service.changes.length, 1);
      await act('nextbootpxe', { 'detected-bios-mode': 'legacy-bios' });
      assert.equal(service.changes.length, 2);
    });
  });

  test('it is sent again where other settings may wait for the next start', async () => {
    await withRedfish({ systems: [{ bootOn: 'settings' }] }, async (act, service) => {
      await act('forcebootdisk');
      const before = service.changes.length;
      await act('forcebootdisk');
      assert.ok(service.changes.length > before);
    });
  });

  test('a mode that cannot be written is left as it is, the rest is done', async () => {
    for (const strict of [true, false]) {
      await withRedfish({ strict, systems: [{ bootMode: 'fixed' }] }, async (act, { system }) => {
        assert.equal(await act('nextbootpxe', { 'detected-bios-mode': 'legacy-bios' }), 'Success');
        assert.partialDeepStrictEqual(system.boot, {
          BootSourceOverrideEnabled: 'Once',
          BootSourceOverrideTarget: 'Pxe',
          BootSourceOverrideMode: 'UEFI',
        });
        const told = act.lines.some((line) => /the boot mode stays UEFI/.test(line));
        assert.ok(told, act.lines.join());
      });
    }
  });

  test('a mode that the service does not know is not sent', async () => {
    await withRedfish({ strict: true, systems: [{ bootMode: 'absent' }] }, async (act, { system }) => {
      await act('forcebootpxe', { 'detected-bios-mode': 'legacy-bios' });
      assert.equal(system.boot.BootSourceOverrideTarget, 'Pxe');
    });
  });

  test('where the system does not take it, its settings resource does', async () => {
    await withRedfish({ systems: [{ bootOn: 'settings' }] }, async (act, service) => {
      await act('nextbootpxe');
      assert.equal(service.system.boot.BootSourceOverrideTarget, 'Pxe');
      assert.deepEqual(service.changes, [
        'PATCH /redfish/v1/Systems/System.1',
        'PATCH /redfish/v1/Systems/System.1/Settings',
      ]);
    });
  });

  test('an answer of success that hides a refusal is an error', async () => {
    await withRedfish({}, async (act, service) => {
      service.fault = ({ method }) =>
        method === 'PATCH'
          ? {
              status: 200,
              body: {
                error: {
                  '@Message.ExtendedInfo': [
                    {
                      MessageId: 'IDRAC.1.6.SYS410',
                      Message: 'The attribute is read-only.',
                      Severity: 'Warning',
                    },
                  ],
                },
              },
            }
          : undefined;
      await assert.rejects(act('nextbootpxe'), {
        code: 502,
        message: /the boot source is not overridden\n {2}The attribute is read-only\.$/,
      });
    });
  });

  test('a BIOS mode that is none is refused before anything is sent', async () => {
    await withRedfish({}, async (act, service) => {
      await assert.rejects(act('nextbootpxe', { 'detected-bios-mode': 'x' }), {
        code: 400,
        message: /detected-bios-mode: expected uefi or legacy-bios/,
      });
      assert.deepEqual(service.changes, []);
    });
  });
});

describe('identify by redfish', { concurrency: 4 }, () => {
  for (const [light, on, off] of [
    ['IndicatorLED', 'Blinking', 'Off'],
    ['LocationIndicatorActive', true, false],
    ['chassis', 'Blinking', 'Off'],
  ] as const) {
    test(`the light (${light}) is switched on, and off for a duration of 0`, async () => {
      await withRedfish({ systems: [{ light }] }, async (act, service) => {
        assert.equal(await act('identify'), 'Success');
        assert.equal(service.system.light, on);
        assert.equal(await act('identify', { 'ipmi/identify-duration': 5 }), 'Success');
        assert.equal(service.changes.length, 1, 'nothing is sent when it is on');
        assert.equal(await act('identify', { 'ipmi/identify-duration': 0 }), 'Success');
        assert.equal(service.system.light, off);
      });
    });
  }

  test('a machine without a light is an error', async () => {
    await withRedfish({ systems: [{ light: 'none' }] }, async (act) => {
      await assert.rejects(act('identify'), { code: 501, message: /has no light/ });
    });
  });
});
