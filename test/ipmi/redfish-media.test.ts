import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DriveOptions, RedfishOptions, RedfishService } from '../support/redfish-service/index.ts';
import { type Actor, withRedfish } from './redfish-actor.ts';

const IMAGE = 'http://images.example/install.iso';
const OTHER = 'http://images.example/other.iso';
const OPTICAL = ['CD', 'DVD'];
const FLOPPY: DriveOptions = { id: 'Floppy', mediaTypes: ['Floppy', 'USBStick'] };

function mount(act: Actor, image = IMAGE, boot = false): Promise<unknown> {
  return act('mountVirtualMedia', { 'ipmi/virtual-media-url': image, 'ipmi/virtual-media-boot': boot });
}

/** What is in each drive, in order. */
function images({ drives }: RedfishService): (string | null)[] {
  return drives.map(({ image }) => image);
}

describe('virtual media by redfish', { concurrency: 4 }, () => {
  for (const mediaOn of ['manager', 'system'] as const) {
    for (const change of ['action', 'patch'] as const) {
      test(`an image goes into the drive for CDs and out of it: on the ${mediaOn}, by ${change}`, async () => {
        const drives = [FLOPPY, { id: 'CD', mediaTypes: OPTICAL, change }];
        await withRedfish({ mediaOn, drives }, async (act, service) => {
          assert.deepEqual(await act('statusVirtualMedia'), { Inserted: false, Image: null });
          assert.equal(await mount(act), 'Success');
          assert.deepEqual(images(service), [null, IMAGE]);
          assert.equal(service.drives[1]?.writeProtected, true);
          assert.deepEqual(await act('statusVirtualMedia'), { Inserted: true, Image: IMAGE });
          assert.equal(await act('unmountVirtualMedia'), 'Success');
          assert.deepEqual(images(service), [null, null]);
        });
      });
    }
  }

  test('a system that names no manager is taken to have all of them', async () => {
    await withRedfish({ systems: [{ without: ['ManagedBy'] }] }, async (act, service) => {
      await mount(act);
      assert.deepEqual(images(service), [null, IMAGE]);
    });
  });

  test('nothing is sent when the image is in, and a drive is ejected even when it says that it is empty', async () => {
    await withRedfish({}, async (act, service) => {
      await act('unmountVirtualMedia');
      assert.deepEqual(service.changes, [
        'POST /redfish/v1/Managers/BMC/VirtualMedia/CD1/Actions/VirtualMedia.EjectMedia',
      ]);
      await mount(act);
      await mount(act);
      assert.equal(service.changes.length, 2);
    });
  });

  test('a free drive is taken first, and when there is none another image makes room', async () => {
    const full = { id: 'CD1', mediaTypes: OPTICAL, image: OTHER };
    await withRedfish({ drives: [full, { id: 'CD2', mediaTypes: OPTICAL }] }, async (act, service) => {
      await mount(act);
      assert.deepEqual(images(service), [OTHER, IMAGE]);
      await act('unmountVirtualMedia');
      assert.deepEqual(images(service), [null, null]);
    });
    await withRedfish({ drives: [full] }, async (act, service) => {
      await mount(act);
      assert.deepEqual(images(service), [IMAGE]);
    });
  });

  test('when a drive refuses, the next one is tried; when all do, the first refusal is told', async () => {
    const refuses: DriveOptions = { id: 'RDOC1', mediaTypes: OPTICAL, change: 'read-only' };
    const drives: DriveOptions[] = [refuses, { id: 'EXT1', mediaTypes: OPTICAL, change: 'patch' }];
    await withRedfish({ drives }, async (act, service) => {
      await mount(act);
      assert.deepEqual(images(service), [null, IMAGE]);
    });
    await withRedfish({ drives: [refuses] }, async (act) => {
      await assert.rejects(mount(act), { code: 502, message: /PATCH .*RDOC1: 400 Bad Request/ });
    });
  });

  test('parameters that the service demands are given, whether it says so before or after', async () => {
    for (const actionInfo of [true, false]) {
      const requires = ['TransferProtocolType', 'TransferMethod'];
      const drives = [{ id: 'CD', mediaTypes: OPTICAL, requires, actionInfo }];
      await withRedfish({ drives }, async (act, service) => {
        await mount(act, 'https://images.example/install.iso');
        assert.deepEqual(images(service), ['https://images.example/install.iso']);
        const body = service.requests.findLast(({ uri }) => uri.endsWith('InsertMedia'))?.json;
        assert.partialDeepStrictEqual(body, { TransferProtocolType: 'HTTPS', TransferMethod: 'Stream' });
        const tries = service.changes.filter((change) => change.endsWith('InsertMedia'));
        assert.equal(tries.length, actionInfo ? 1 : 2);
      });
    }
  });

  test('otherwise only the image is given', async () => {
    await withRedfish({}, async (act, service) => {
      await mount(act);
      assert.deepEqual(service.requests.find(({ uri }) => uri.endsWith('InsertMedia'))?.json, {
        Image: IMAGE,
      });
    });
  });

  test('without a drive for CDs there is no virtual media', async () => {
    for (const options of [{ mediaOn: 'none' }, { drives: [FLOPPY] }] satisfies RedfishOptions[]) {
      await withRedfish(options, async (act) => {
        await assert.rejects(mount(act), { code: 501, message: /has no virtual CD or DVD/ });
        await assert.rejects(act('statusVirtualMedia'), { code: 501 });
      });
    }
  });

  test('params that are none are refused before anything is sent', async () => {
    await withRedfish({}, async (act, service) => {
      await assert.rejects(act('mountVirtualMedia', { 'ipmi/virtual-media-boot': true }), {
        code: 400,
        message: /ipmi\/virtual-media-url: expected a string/,
      });
      await assert.rejects(act('mountVirtualMedia', { 'ipmi/virtual-media-url': IMAGE }), {
        code: 400,
        message: /ipmi\/virtual-media-boot: expected true or false/,
      });
      await assert.rejects(mount(act, ''), { code: 400, message: /ipmi\/virtual-media-url: is empty/ });
      assert.deepEqual(service.changes, []);
    });
  });

  for (const options of [
    {},
    { mediaOn: 'system' },
    { vendor: 'Dell' },
    { vendor: 'Dell', tasks: { looks: 3 } },
    { vendor: 'Dell', tasks: { location: 'task' } },
    { vendor: 'HPE' },
    { vendor: 'HPE', etags: 'strong' },
  ] satisfies RedfishOptions[]) {
    test(`the machine boots from the image, once: ${JSON.stringify(options)}`, async () => {
      await withRedfish(options, async (act, { system }) => {
        assert.equal(await mount(act, IMAGE, true), 'Success');
        for (const command of ['poweron', 'poweroff', 'poweron']) await act(command);
        assert.deepEqual(
          system.starts.map(({ source }) => source),
          ['virtual CD', 'Hdd'],
        );
      });
    });
  }

  test('HPE: nothing is sent when the image is in and is to be booted from', async () => {
    await withRedfish({ vendor: 'HPE' }, async (act, service) => {
      await mount(act, IMAGE, true);
      const before = service.changes.length;
      await mount(act, IMAGE, true);
      assert.equal(service.changes.length, before);
    });
  });

  test('without that wish it boots as before', async () => {
    for (const vendor of [undefined, 'Dell', 'HPE'] as const) {
      await withRedfish({ vendor }, async (act, { system }) => {
        await mount(act);
        await act('poweron');
        assert.deepEqual(
          system.starts.map(({ source }) => source),
          ['Hdd'],
        );
      });
    }
  });

  test('iLO 4: its own actions are used where the standard ones are not there', async () => {
    await withRedfish({}, async (act, service) => {
      const [, cd] = service.drives;
      assert.ok(cd !== undefined);
      const target = (verb: string) => `${cd.uri}/Actions/VirtualMedia.${verb}Media`;
      service.fault = ({ method, uri }) =>
        method === 'GET' && uri === cd.uri
          ? {
              status: 200,
              body: {
                '@odata.id': uri,
                MediaTypes: OPTICAL,
                Image: cd.image ?? '',
                Oem: {
                  Hp: {
                    Actions: {
                      '#HpiLOVirtualMedia.InsertVirtualMedia': { target: target('Insert') },
                      '#HpiLOVirtualMedia.EjectVirtualMedia': { target: target('Eject') },
                    },
                  },
                },
              },
            }
          : undefined;
      await mount(act);
      assert.equal(cd.image, IMAGE);
      assert.deepEqual(await act('statusVirtualMedia'), { Inserted: null, Image: IMAGE });
      await act('unmountVirtualMedia');
      assert.equal(cd.image, null);
    });
  });
});
