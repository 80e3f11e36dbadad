import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ModelError } from '../../lib/models/index.ts';
import { ATTRIBUTES, REGISTRY, reboot, withBios } from './contoso.ts';

const target = (configuration: unknown) => ({ 'bios-target-configuration': configuration });

async function failure(call: Promise<unknown>): Promise<ModelError> {
  return call.then(
    (value) => assert.fail(`it did not fail: ${JSON.stringify(value)}`),
    (error: ModelError) => error,
  );
}

describe('BIOS settings by Redfish', { concurrency: 4 }, () => {
  test('biosGet tells of each attribute what drp-bioscfg tells, as texts', async () => {
    for (const registryAs of ['json', 'gzip'] as const) {
      await withBios({ registryAs }, async (act) => {
        const all = (await act('get')) as Record<string, { ReadOnly?: true; Checker: unknown }>;
        const checker = { Int: {}, String: {}, Enum: {}, Seq: {} };
        assert.deepEqual(Object.keys(all), Object.keys(ATTRIBUTES).sort());
        assert.deepEqual(all.BootMode, {
          Name: 'BootMode',
          Type: 'Enumeration',
          Current: 'Bios',
          Default: 'Bios',
          Checker: { ...checker, Enum: { Valid: true, Values: ['Bios', 'Uefi'] } },
        });
        assert.deepEqual(all.Cores?.Checker, { ...checker, Int: { Valid: true, Min: 2, Max: 64 } });
        assert.deepEqual(all.AssetTag?.Checker, {
          ...checker,
          String: { Valid: true, MinLen: 0, MaxLen: 8, Regex: '^[A-Z0-9]*$' },
        });
        assert.deepEqual(all.AdminPassword, { Name: 'AdminPassword', Type: 'Password', Checker: checker });
        const readOnly = Object.keys(all).filter((name) => all[name]?.ReadOnly);
        assert.deepEqual(readOnly, ['Serial', 'Turbo', 'Version']);
        assert.deepEqual(act.lines, []);
      });
    }
  });

  test('biosGet gives the values of all that can be set, for another machine to have', async () => {
    await withBios({}, async (act) => {
      const values = await act('get', { 'bios-format': 'values' });
      const expected = {
        AssetTag: 'A1',
        BootMode: 'Bios',
        Cores: '64',
        Numa: 'true',
        SysProfile: 'Performance',
      };
      assert.deepEqual(values, expected);
      assert.deepEqual(await act('test', target(values)), {});
    });
  });

  test('biosTest tells what would be changed, in the types of the attributes', async () => {
    await withBios({}, async (act, service) => {
      const wanted = {
        'BIOS.Setup.1-1/BootMode': 'Uefi',
        SysProfile: 'Performance',
        Cores: '0x20',
        Numa: 'FALSE',
        AssetTag: 42,
        Unknown: 'x',
        Version: '3',
        Turbo: 'Disabled',
        AdminPassword: 'S3CRET',
      };
      const expected = { BootMode: 'Uefi', Cores: 32, Numa: false, AssetTag: '42' };
      assert.deepEqual(await act('test', target(wanted)), expected);
      const notes = act.lines.map((line) => line.replace(/^BMC \S+: /, '')).sort();
      assert.deepEqual(notes, [
        'AdminPassword: is a password: see biosChangePassword',
        'Turbo: is read-only when SysProfile is not Custom',
        'Unknown: this BIOS does not have it',
        'Version: is read-only',
      ]);
      assert.deepEqual(service.changes, []);
      // What makes it so is what the others will be.
      const both = { SysProfile: 'Custom', Turbo: 'Disabled' };
      assert.deepEqual(await act('test', target(both)), both);
    });
  });

  test('what is not allowed is refused, all of it, with what is', async () => {
    await withBios({}, async (act) => {
      const wanted = {
        BootMode: 'uefi',
        Cores: 33,
        Numa: 'maybe',
        AssetTag: 'toolongtag',
        SysProfile: ['Custom'],
        Turbo: 'x',
        Serial: 7,
      };
      const { code, messages } = await failure(act('apply', target(wanted)));
      assert.equal(code, 400);
      assert.deepEqual(messages, [
        'bios-target-configuration: BootMode: "uefi" is not one of Bios, Uefi; did you mean Uefi?',
        'bios-target-configuration: Cores: 33 is not 2 and a multiple of 2 more',
        'bios-target-configuration: Numa: expected true or false, found "maybe"',
        'bios-target-configuration: AssetTag: has 10 characters, at most 8 are allowed',
        'bios-target-configuration: SysProfile: expected a text',
      ]);
      for (const [wrong, said] of [
        [{ Cores: 66 }, '66 is not from 2 to 64'],
        [{ Cores: 'many' }, 'expected a whole number, found "many"'],
        [{ AssetTag: 'a b' }, 'does not match ^[A-Z0-9]*$'],
      ] as const) {
        const {
          messages: [message = ''],
        } = await failure(act('test', target(wrong)));
        assert.ok(message.endsWith(said), message);
      }
      assert.equal((await failure(act('test', target('text')))).code, 400);
    });
  });

  test('biosApply has the rest changed at the next boot, and what waits for that counts as changed', async () => {
    for (const applyTimes of [undefined, ['Immediate', 'OnReset']]) {
      await withBios(applyTimes === undefined ? {} : { applyTimes }, async (act, service) => {
        const wanted = { BootMode: 'Uefi', Cores: '32', SysProfile: 'Performance' };
        const Changes = { BootMode: 'Uefi', Cores: 32 };
        assert.deepEqual(await act('apply', target(wanted)), { Changes, RebootRequired: true });
        const [change] = service.requests.filter(({ method }) => method === 'PATCH');
        const time =
          applyTimes === undefined ? {} : { '@Redfish.SettingsApplyTime': { ApplyTime: 'OnReset' } };
        assert.deepEqual(change?.json, { Attributes: Changes, ...time });
        assert.match(change?.uri ?? '', /\/Bios\/Settings$/);
        assert.equal(service.system.bios?.attributes.BootMode, 'Bios');
        const { BootMode } = (await act('get')) as Record<
          string,
          { Current: string; Pending?: string; PendingValid?: true }
        >;
        assert.deepEqual(
          [BootMode?.Current, BootMode?.Pending, BootMode?.PendingValid],
          ['Bios', 'Uefi', true],
        );
        assert.deepEqual(await act('test', target(wanted)), {});
        assert.deepEqual(await act('apply', target(wanted)), { Changes: {}, RebootRequired: true });
        reboot(service);
        assert.equal(service.system.bios?.attributes.BootMode, 'Uefi');
        assert.deepEqual(await act('apply', target(wanted)), { Changes: {}, RebootRequired: false });
      });
    }
  });

  test('the change is made with the ETag of the settings where there is one', async () => {
    for (const etags of ['strong', 'weak'] as const) {
      await withBios(
        {},
        async (act, service) => {
          await act('apply', target({ Numa: false }));
          assert.equal(service.requests.filter(({ method }) => method === 'PATCH').length, 1);
          assert.deepEqual(service.system.bios?.pending, { Numa: false });
        },
        { etags },
      );
    }
  });

  test('a BIOS without a settings object is changed itself, and one without a registry by what it has', async () => {
    await withBios({ settings: false }, async (act, service) => {
      assert.deepEqual(await act('apply', target({ Cores: 8 })), {
        Changes: { Cores: 8 },
        RebootRequired: true,
      });
      assert.equal(service.system.bios?.attributes.Cores, 8);
    });
    await withBios({ registry: undefined }, async (act) => {
      const { Cores } = (await act('get')) as Record<string, { Type: string }>;
      assert.equal(Cores?.Type, 'Integer');
      const wanted = { Cores: '8', Numa: 'false', BootMode: 'Anything', Version: '3' };
      assert.deepEqual(await act('test', target(wanted)), { ...wanted, Cores: 8, Numa: false });
    });
  });

  test('a registry is found where the root does not name the collection of them', async () => {
    await withBios(
      {},
      async (act) => {
        const { messages } = await failure(act('test', target({ BootMode: 'Nonsense' })));
        assert.match(messages.join('\n'), /BootMode.*Uefi/);
      },
      { hidesRegistries: true },
    );
  });

  test('a registry that cannot be read is told of in the log, and its absence is no failure', async () => {
    await withBios({}, async (act, service) => {
      service.fault = ({ uri }) => (uri.includes('/RegistryStore/') ? { status: 404 } : undefined);
      assert.deepEqual(await act('test', target({ BootMode: 'Uefi' })), { BootMode: 'Uefi' });
      assert.match(
        act.lines.join('\n'),
        /the attribute registry BiosAttributeRegistry\.1_0_3 cannot be read: .*404/,
      );
    });
  });

  test('an iDRAC makes a job of the change, or is asked for one; a job under way refuses more', async () => {
    const systems = [{ manufacturer: 'Dell Inc.' }];
    for (const [jobs, applyTimes] of [
      ['made by the change', ['OnReset']],
      ['asked for', undefined],
    ] as const) {
      await withBios(
        { jobs, ...(applyTimes === undefined ? {} : { applyTimes }) },
        async (act, service) => {
          const result = await act('apply', target({ Numa: false }));
          assert.deepEqual(result, {
            Changes: { Numa: false },
            RebootRequired: true,
            Pending: 'JID_1 is Scheduled',
          });
          const posts = service.changes.filter((change) => change.startsWith('POST'));
          assert.equal(posts.length, jobs === 'asked for' ? 1 : 0);
          const refused = await failure(act('apply', target({ Cores: 8 })));
          assert.match(refused.messages.join(), /in use or in transition/);
          reboot(service);
          assert.equal(service.system.bios?.attributes.Numa, false);
          assert.deepEqual(await act('apply', target({ Numa: false })), {
            Changes: {},
            RebootRequired: false,
          });
        },
        { systems, vendor: 'Dell' },
      );
    }
  });

  test('what is taken and not kept is a failure', async () => {
    await withBios({ forgets: true }, async (act) => {
      const { code, messages } = await failure(act('apply', target({ Numa: false, Cores: 8 })));
      assert.equal(code, 502);
      assert.match(messages.join(), /Bios\/Settings: took the change and does not show it: Numa, Cores/);
    });
  });

  test('what the BIOS did not accept at the boot is a difference again, and the log says why', async () => {
    await withBios({ refusesAtBoot: { Cores: 'Half of the cores are missing.' } }, async (act, service) => {
      await act('apply', target({ Cores: 8, Numa: false }));
      reboot(service);
      assert.deepEqual(await act('test', target({ Cores: 8, Numa: false })), { Cores: 8 });
      assert.match(
        act.lines.join('\n'),
        /says of the last change of its BIOS settings: Half of the cores are missing\./,
      );
    });
  });

  test('biosReset has all go back to their defaults at the next boot, with a body or without', async () => {
    for (const resetWantsBody of [undefined, 400, 415] as const) {
      await withBios(resetWantsBody === undefined ? {} : { resetWantsBody }, async (act, service) => {
        assert.deepEqual(await act('reset'), { RebootRequired: true });
        const bodies = service.requests
          .filter(({ uri }) => uri.endsWith('ResetBios'))
          .map(({ text }) => text);
        assert.deepEqual(bodies, resetWantsBody === undefined ? [''] : ['', '{}']);
        reboot(service);
        assert.equal(service.system.bios?.attributes.AssetTag, '');
        assert.equal(service.system.bios?.attributes.Version, '2.1.0');
      });
    }
  });

  test('biosChangePassword changes one, and neither password is told to anybody', async () => {
    await withBios({ passwords: { AdminPassword: 'S3CRET-old' } }, async (act, service) => {
      const change = (name: string, old: string | undefined, fresh: string) =>
        act('changePassword', {
          'bios-password-name': name,
          'bios-new-password': fresh,
          ...(old === undefined ? {} : { 'bios-old-password': old }),
        });
      const told: unknown[] = [await change('AdminPassword', 'S3CRET-old', 'S3CRET-new')];
      assert.equal(service.system.bios?.passwords.AdminPassword, 'S3CRET-new');
      const wrong = await failure(change('AdminPassword', 'S3CRET-wrong', 'x'));
      const unknown = await failure(change('Nobody', undefined, 'S3CRET-x'));
      assert.match(unknown.message, /"Nobody" is not one of AdminPassword/);
      told.push(wrong.stack, unknown.stack, ...act.lines);
      assert.doesNotMatch(JSON.stringify(told), /S3CRET/);
      await change('AdminPassword', 'S3CRET-new', '');
      assert.equal(service.system.bios?.passwords.AdminPassword, '');
    });
  });

  test('a BMC that has no such thing is a 501 that says so', async () => {
    await withBios(
      {},
      async (act, service) => {
        service.fault = ({ uri }) =>
          uri.endsWith('/Bios') ? { status: 200, body: { '@odata.id': uri, Id: 'Bios' } } : undefined;
        for (const command of ['get', 'reset'] as const)
          assert.equal((await failure(act(command))).code, 501);
        service.fault = ({ uri }) =>
          uri.includes('/Systems/') ? { status: 200, body: { Id: '1' } } : undefined;
        assert.match((await failure(act('get'))).message, /has no Bios/);
      },
      {},
    );
  });

  test('changes of one machine come one after the other', async () => {
    await withBios({}, async (act, service) => {
      await Promise.all([act('apply', target({ Cores: 8 })), act('apply', target({ Numa: false }))]);
      assert.deepEqual(service.system.bios?.pending, { Cores: 8, Numa: false });
      const order = service.requests.map(({ method }) => method).join(' ');
      assert.match(order, /PATCH .*DELETE .*POST .*PATCH/);
    });
  });

  test('a registry with entries that are not as they should be is read for the rest', async () => {
    const registry = [
      ...REGISTRY,
      { AttributeName: 'Odd', Type: 'Tree' },
      { AttributeName: 7 as never, Type: 'String' },
    ];
    await withBios({ registry, dependencies: [{}, { Type: 'Map', Dependency: 7 }] }, async (act) => {
      assert.deepEqual(await act('test', target({ Turbo: 'Disabled' })), { Turbo: 'Disabled' });
    });
  });
});
