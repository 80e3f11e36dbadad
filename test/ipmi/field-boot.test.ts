import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RedfishOptions } from '../support/redfish-service/index.ts';
import { withPatience } from './redfish-actor.ts';

const LEGACY = { 'detected-bios-mode': 'legacy-bios' };

/** Does an action, and tells what Boot is then. */
async function bootAfter(
  options: RedfishOptions,
  command: string,
  params: Record<string, unknown> = {},
): Promise<Record<string, unknown>> {
  let boot: Record<string, unknown> = {};
  await withPatience(options, async (act, { system }) => {
    assert.equal(await act(command, params), 'Success');
    boot = { ...system.boot };
  });
  return boot;
}

function words(boot: Record<string, unknown>): unknown[] {
  return ['Enabled', 'Target', 'Mode'].map((name) => boot[`BootSourceOverride${name}`]);
}

describe('a boot source is read back', { concurrency: 4 }, () => {
  test('what the system answers with success and forgets is set in its settings', async () => {
    const options = { systems: [{ bootOn: 'settings' }], traits: { forgetsBoot: 'system' } } as const;
    assert.deepEqual(words(await bootAfter(options, 'nextbootpxe')), ['Once', 'Pxe', 'UEFI']);
  });

  test('what is forgotten without If-Match is set with it', async () => {
    const options = { etags: 'any', traits: { forgetsBootWithoutEtag: true } } as const;
    await withPatience(options, async (act, service) => {
      service.fault = ({ method, headers }) =>
        method === 'PATCH' && headers['if-match'] === undefined ? { status: 204 } : undefined;
      assert.equal(await act('nextbootpxe'), 'Success');
      assert.deepEqual(words(service.system.boot), ['Once', 'Pxe', 'UEFI']);
    });
  });

  for (const [what, options, has] of [
    ['forgotten', { traits: { forgetsBoot: 'everywhere' } }, 'Disabled, None, UEFI'],
    [
      'kept for all starts',
      { traits: { keepsBoot: { BootSourceOverrideEnabled: 'Continuous' } } },
      'Continuous, Pxe, UEFI',
    ],
    [
      'kept for another source',
      { traits: { keepsBoot: { BootSourceOverrideTarget: 'Hdd' } } },
      'Once, Hdd, UEFI',
    ],
    [
      'kept in another mode',
      { traits: { keepsBoot: { BootSourceOverrideMode: 'Legacy' } } },
      'Once, Pxe, Legacy',
    ],
  ] satisfies [string, RedfishOptions, string][]) {
    test(`what is ${what} is an error that says what the BMC has`, async () => {
      await withPatience(options, async (act) => {
        await assert.rejects(act('nextbootpxe'), {
          code: 502,
          message: new RegExp(
            `asked for Once, Pxe, UEFI, the BMC has ${has}: the boot source is not overridden`,
          ),
        });
      });
    });
  }

  for (const withoutMode of ['Legacy', 'refused'] as const) {
    test(`the mode is sent along where it is ${withoutMode} without`, async () => {
      assert.deepEqual(words(await bootAfter({ traits: { withoutMode } }, 'nextbootpxe')), [
        'Once',
        'Pxe',
        'UEFI',
      ]);
    });
  }

  test('a mode that is ignored without a word is an error, one that is said to be fixed is not', async () => {
    const kept = { keepsBoot: { BootSourceOverrideMode: 'UEFI' } };
    await withPatience({ traits: kept }, async (act) => {
      await assert.rejects(act('nextbootpxe', LEGACY), {
        code: 502,
        message: /the BMC has Once, Pxe, UEFI:/,
      });
    });
    const fixed = { strict: true, systems: [{ bootMode: 'fixed' }] } as const;
    assert.deepEqual(words(await bootAfter(fixed, 'nextbootpxe', LEGACY)), ['Once', 'Pxe', 'UEFI']);
  });
});

describe('a boot source is one that the BMC lists', { concurrency: 4 }, () => {
  for (const [manufacturer, targets, command, params, target] of [
    ['Supermicro', ['None', 'Pxe', 'Hdd', 'Cd', 'UsbCd'], 'nextbootcd', {}, 'UsbCd'],
    ['Super Micro Computer', ['Pxe', 'Hdd', 'CD/DVD'], 'nextbootcd', LEGACY, 'CD/DVD'],
    ['Contoso', ['Pxe', 'Hdd', 'Cd', 'UsbCd'], 'nextbootcd', {}, 'Cd'],
    ['Supermicro', ['Pxe', 'UEFI Hdd', 'Hdd'], 'nextbootdisk', {}, 'UEFI Hdd'],
    ['Supermicro', ['Pxe', 'UEFI Hdd', 'Hdd'], 'nextbootdisk', LEGACY, 'Hdd'],
    ['Supermicro', ['UsbCd', 'UEFI USB CD'], 'nextbootcd', {}, 'UEFI USB CD'],
    ['Contoso', ['PXE', 'HDD'], 'nextbootpxe', {}, 'PXE'],
    ['Contoso', ['UefiHttp', 'Hdd'], 'nextbootpxe', {}, 'UefiHttp'],
  ] as const) {
    test(`${manufacturer} with ${targets}: ${command} ${JSON.stringify(params)} is ${target}`, async () => {
      const boot = await bootAfter({ systems: [{ manufacturer, targets }] }, command, params);
      assert.equal(boot.BootSourceOverrideTarget, target);
    });
  }

  test('what is not listed is told, with what is', async () => {
    await withPatience({ systems: [{ targets: ['None', 'Hdd', 'UefiHttp'] }] }, async (act, service) => {
      await assert.rejects(act('nextbootpxe', LEGACY), {
        code: 501,
        message: /asked for Once, Pxe, Legacy.*\n +it allows the boot sources None, Hdd, UefiHttp$/,
      });
      assert.deepEqual(service.changes, []);
    });
  });

  const OPTIONS = {
    Boot0001: {
      DisplayName: 'Red Hat Enterprise Linux',
      UefiDevicePath: 'HD(1,GPT,12)/\\EFI\\redhat\\shimx64.efi',
    },
    Boot0002: {
      DisplayName: 'Slot 2: PXE IPv4',
      UefiDevicePath: 'PciRoot(0x0)/Pci(0x1,0x0)/MAC(001122334455,0x1)',
    },
    Boot0003: { Alias: 'Cd', DisplayName: 'Virtual optical' },
    Boot0004: { Alias: 'Pxe', DisplayName: 'NIC 2' },
  };

  test('where an override lasts for one start only, the boot order is changed for all', async () => {
    const systems = [{ spans: ['Once', 'Disabled'], bootOptions: OPTIONS }];
    const pxe = await bootAfter({ systems }, 'forcebootpxe');
    assert.deepEqual(pxe.BootOrder, ['Boot0002', 'Boot0004', 'Boot0001', 'Boot0003']);
    assert.equal(pxe.BootSourceOverrideEnabled, 'Disabled');
    await withPatience({ systems }, async (act, service) => {
      assert.equal(await act('forcebootdisk'), 'Success');
      assert.deepEqual(service.changes, [], 'it is so already');
    });
  });

  test('an override that does not last is followed by the boot order', async () => {
    const traits = { keepsBoot: { BootSourceOverrideEnabled: 'Once' } };
    const boot = await bootAfter({ systems: [{ bootOptions: OPTIONS }], traits }, 'forcebootpxe');
    assert.deepEqual(boot.BootOrder, ['Boot0002', 'Boot0004', 'Boot0001', 'Boot0003']);
  });

  test('without a boot order it is said what is allowed', async () => {
    await withPatience({ systems: [{ spans: ['Once', 'Disabled'] }] }, async (act) => {
      await assert.rejects(act('forcebootpxe'), {
        code: 501,
        message:
          /asked for Continuous, Pxe, UEFI.*\n(.*\n)* +it allows them for Once, Disabled\n +its boot order has no such device/,
      });
    });
  });

  test('a device that is no boot source is booted from once by its boot option', async () => {
    const systems = [{ targets: ['None', 'Hdd', 'UefiBootNext'], bootOptions: OPTIONS }];
    assert.partialDeepStrictEqual(await bootAfter({ systems }, 'nextbootcd'), {
      BootSourceOverrideTarget: 'UefiBootNext',
      BootNext: 'Boot0003',
    });
  });

  test('a boot option that cannot be read is left out', async () => {
    const systems = [{ spans: ['Once'], bootOptions: OPTIONS }];
    const traits = { broken: { Boot0002: 503 } };
    const boot = await bootAfter({ systems, traits }, 'forcebootpxe');
    assert.deepEqual(boot.BootOrder, ['Boot0004', 'Boot0001', 'Boot0002', 'Boot0003']);
  });
});
