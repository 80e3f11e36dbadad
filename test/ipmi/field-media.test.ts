import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DriveOptions, RedfishOptions, RedfishService } from '../support/redfish-service/index.ts';
import { type Actor, withPatience } from './redfish-actor.ts';

const IMAGE = 'http://images.example/install.iso';

function mount(act: Actor, params: Record<string, unknown> = {}): Promise<unknown> {
  return act('mountVirtualMedia', {
    'ipmi/virtual-media-url': IMAGE,
    'ipmi/virtual-media-boot': false,
    ...params,
  });
}

function inserts({ requests }: RedfishService): unknown[] {
  return requests.filter(({ uri }) => uri.endsWith('InsertMedia')).map(({ json }) => json);
}

/** Mounts, looks, unmounts and looks again. */
async function roundTrip(options: RedfishOptions): Promise<RedfishService> {
  let used: RedfishService | undefined;
  await withPatience(options, async (act, service) => {
    used = service;
    const [drive] = service.drives;
    assert.equal(await mount(act), 'Success');
    assert.equal(drive?.image, IMAGE);
    assert.equal(await act('unmountVirtualMedia'), 'Success');
    assert.equal(drive?.image, null);
  });
  assert.ok(used !== undefined);
  return used;
}

function drive(options: Partial<DriveOptions>): RedfishOptions {
  return { drives: [{ id: 'CD', mediaTypes: ['CD', 'DVD'], ...options }] };
}

describe('virtual media of BMCs in the field', { concurrency: 4 }, () => {
  for (const requires of [
    ['Inserted'],
    ['WriteProtected'],
    ['Inserted', 'WriteProtected'],
    ['TransferProtocolType'],
    ['UserName', 'Password'],
    ['Inserted', 'TransferMethod', 'UserName'],
  ]) {
    for (const [says, refusal] of [
      ['registry', 400],
      ['words', 400],
      ['nothing', 422],
      ['registry', 500],
      ['nothing', 500],
    ] as const) {
      test(`a BMC that demands ${requires} with ${refusal}, and says so by ${says}`, async () => {
        const service = await roundTrip(drive({ requires, says, refusal }));
        assert.deepEqual(inserts(service)[0], { Image: IMAGE }, 'no more than is needed at first');
      });
    }
  }

  test('a drive that is in use is ejected, even when it says that it is empty', async () => {
    await roundTrip(drive({ stuck: true }));
    await withPatience(drive({ stuck: true }), async (act, service) => {
      assert.equal(await act('unmountVirtualMedia'), 'Success');
      assert.equal(await mount(act), 'Success');
      assert.equal(inserts(service).length, 1);
    });
  });

  test('an image that does not arrive is put in once more, and then is an error that says so', async () => {
    await roundTrip(drive({ losesMedia: 1 }));
    await withPatience(drive({ losesMedia: 100 }), async (act) => {
      await assert.rejects(mount(act), {
        code: 502,
        message:
          /CD: the image was accepted, but the drive says that nothing is inserted\n.*ipmi\/virtual-media-url/,
      });
    });
  });

  test('another drive is taken when an image does not arrive in one', async () => {
    const drives = [
      { id: 'CD1', mediaTypes: ['CD'], losesMedia: 100 },
      { id: 'CD2', mediaTypes: ['CD'] },
    ];
    await withPatience({ drives }, async (act, service) => {
      assert.equal(await mount(act), 'Success');
      assert.deepEqual(
        service.drives.map(({ image }) => image),
        [null, IMAGE],
      );
    });
  });

  for (const [what, options] of [
    ['whose actions change with its state', { actionsByState: true }],
    ['whose actions change with its state, and is stuck', { actionsByState: true, stuck: true }],
    ['that refuses to eject nothing', { refusesEmptyEject: true }],
    ['without media types, called CD', { mediaTypes: undefined }],
    ['without media types, called 1', { mediaTypes: undefined, id: '1' }],
    ['with media types of another case', { mediaTypes: ['Cd'] }],
    ['that tells the file name only', { tellsImage: 'file name' }],
    ['that tells no image', { tellsImage: 'nothing' }],
  ] satisfies [string, Partial<DriveOptions>][]) {
    test(`a drive ${what}`, async () => {
      await roundTrip(drive(options));
    });
  }

  test('drives without media types that are no CDs are left alone', async () => {
    const drives = [{ id: 'Floppy1' }, { id: 'CD1' }];
    await withPatience({ drives }, async (act, service) => {
      await mount(act);
      assert.deepEqual(
        service.drives.map(({ image }) => image),
        [null, IMAGE],
      );
    });
  });

  test('user, password and protocol are given from the start when they are set, and never told', async () => {
    await withPatience({}, async (act, service) => {
      const params = {
        'ipmi/virtual-media-username': 'share',
        'ipmi/virtual-media-password': 'sh4re-pa55',
        'ipmi/virtual-media-transfer-protocol': 'CIFS',
      };
      await mount(act, params);
      assert.deepEqual(inserts(service), [
        { Image: IMAGE, UserName: 'share', Password: 'sh4re-pa55', TransferProtocolType: 'CIFS' },
      ]);
      await act('unmountVirtualMedia');
      const said = { error: { message: 'Cannot log in as share with sh4re-pa55.' } };
      service.fault = ({ uri }) => (uri.endsWith('InsertMedia') ? { status: 400, body: said } : undefined);
      await assert.rejects(mount(act, params), ({ message }: Error) => {
        assert.match(message, /Cannot log in as share with \*\*\*\./);
        return true;
      });
      await assert.rejects(mount(act, { 'ipmi/virtual-media-transfer-protocol': 'gopher' }), { code: 400 });
    });
  });

  test('a drive that cannot be read does not hide the others', async () => {
    const drives = [
      { id: 'CD1', mediaTypes: ['CD'] },
      { id: 'CD2', mediaTypes: ['CD'], image: IMAGE },
    ];
    await withPatience({ drives, traits: { broken: { '/CD1': 404 } } }, async (act) => {
      const status = (await act('statusVirtualMedia')) as Record<string, unknown>;
      assert.partialDeepStrictEqual(status, { Inserted: true, Image: IMAGE });
      assert.match(String(status.Warnings), /CD1: 404/);
      assert.equal(await act('unmountVirtualMedia'), 'Success');
    });
  });

  test('what cannot be emptied is an error that says so', async () => {
    await withPatience(drive({ image: IMAGE }), async (act, service) => {
      service.fault = ({ uri }) => (uri.endsWith('EjectMedia') ? { status: 204 } : undefined);
      await assert.rejects(act('unmountVirtualMedia'), {
        code: 502,
        message: /CD: is not empty after it was ejected/,
      });
    });
  });

  test('HPE: where the drive does not keep that it is booted from, the boot source is overridden', async () => {
    await withPatience({ vendor: 'HPE' }, async (act, service) => {
      service.fault = ({ method, json }) =>
        method === 'PATCH' && JSON.stringify(json).includes('BootOnNextServerReset')
          ? { status: 200 }
          : undefined;
      assert.equal(await mount(act, { 'ipmi/virtual-media-boot': true }), 'Success');
      assert.equal(service.system.boot.BootSourceOverrideTarget, 'Cd');
    });
  });

  test('Dell: a job that ends with errors is one', async () => {
    for (const task of [
      { TaskState: 'Completed', TaskStatus: 'OK', Oem: { Dell: { JobState: 'CompletedWithErrors' } } },
      { TaskState: 'Completed', TaskStatus: 'OK', Messages: [{ Message: 'Import completed with errors.' }] },
      { TaskState: 'Completed', Oem: { Dell: { JobState: 'Failed', Message: 'It did not work.' } } },
    ]) {
      await withPatience({ vendor: 'Dell' }, async (act, service) => {
        const location = '/redfish/v1/TaskService/Tasks/JID_1';
        service.fault = ({ uri }) => {
          if (uri.endsWith('ImportSystemConfiguration')) return { status: 202, headers: { location } };
          const body = { '@odata.type': '#Task.v1_4_3.Task', ...task };
          return uri === location ? { status: 200, body } : undefined;
        };
        await assert.rejects(mount(act, { 'ipmi/virtual-media-boot': true }), {
          code: 502,
          message: /ImportSystemConfiguration: its task ended as /,
        });
      });
    }
  });
});
