import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, test } from 'node:test';
import { act as actOn } from '../../cmd/ipmi/act.ts';
import type { Request } from '../../cmd/ipmi/driver.ts';
import { ModelError } from '../../lib/models/index.ts';
import { RedfishService } from '../support/redfish-service/index.ts';
import { until } from '../support/until.ts';
import { redfishMode, withRedfish } from './redfish-actor.ts';

const VERSIONS = { BIOS: '1.0', BMC: '7.0' };
const URL = { 'ipmi/firmware-url': 'http://files.example/bios.bin' };
const UPDATED = [
  { Id: 'BIOS', Name: 'The BIOS', From: '1.0', To: '2.0' },
  { Id: 'BMC', Name: 'The BMC', From: '7.0', To: '2.0' },
];

describe('firmware from a URL', { concurrency: 4 }, () => {
  test('is installed, with the progress in the log, and the result tells the versions', async () => {
    await withRedfish({ update: { versions: VERSIONS, becomes: '2.0' } }, async (act, service) => {
      assert.deepEqual(await act('updateFirmware', URL), { Updated: UPDATED });
      assert.deepEqual(service.update?.updates[0]?.parameters, { ImageURI: 'http://files.example/bios.bin' });
      const lines = act.lines.join('\n');
      assert.match(lines, /firmware update: 30 %, Running\n.*60 %, Running\n.*100 %, Completed/);
    });
  });

  test('goes to its targets, by the protocol that is listed, as the user of the URL, at the time that was asked for', async () => {
    const update = { versions: VERSIONS, becomes: '2.0', protocols: ['HTTP', 'HTTPS'] };
    await withRedfish({ update }, async (act, service) => {
      const result = await act('updateFirmware', {
        'ipmi/firmware-url': 'https://me:p%40ss-word@files.example/bmc.bin',
        'ipmi/firmware-targets': ['BMC'],
        'ipmi/firmware-apply-time': 'Immediate',
      });
      assert.deepEqual(result, { Updated: UPDATED.slice(1) });
      assert.deepEqual(service.update?.updates[0]?.parameters, {
        ImageURI: 'https://files.example/bmc.bin',
        TransferProtocol: 'HTTPS',
        Targets: ['/redfish/v1/UpdateService/FirmwareInventory/BMC'],
        Username: 'me',
        Password: 'p@ss-word',
        '@Redfish.OperationApplyTime': 'Immediate',
      });
      assert.ok(!act.lines.join().includes('p@ss-word'));
    });
  });

  test('a parameter that the BMC asks for is added', async () => {
    const update = { versions: VERSIONS, becomes: '2.0', needsProtocol: true };
    await withRedfish({ update }, async (act, service) => {
      await act('updateFirmware', URL);
      assert.equal(service.update?.updates[0]?.parameters.TransferProtocol, 'HTTP');
      assert.equal(service.update?.updates.length, 1);
    });
  });

  test('is left to the next start where a job says so', async () => {
    await withRedfish({ update: { versions: VERSIONS, ends: 'Scheduled' } }, async (act) => {
      assert.deepEqual(await act('updateFirmware', URL), { Updated: [], Pending: 'update is Scheduled' });
    });
  });

  test('a BMC that is away in the middle is waited for, and its session opened again', async () => {
    const update = { versions: VERSIONS, becomes: '2.0', awayFor: 5 };
    await withRedfish({ update }, async (act) => {
      assert.deepEqual(await act('updateFirmware', URL), { Updated: UPDATED });
    });
  });

  test('where the service makes no task, it tells itself how far it is', async () => {
    await withRedfish({ update: { versions: VERSIONS, becomes: '2.0', tellsState: true } }, async (act) => {
      assert.deepEqual(await act('updateFirmware', URL), { Updated: UPDATED });
      assert.match(act.lines.join('\n'), /firmware update: 60 % Writing\n.*firmware update: .*Complete/);
    });
    const failing = { versions: VERSIONS, tellsState: true, ends: 'Exception' } as const;
    await withRedfish({ update: failing }, async (act) => {
      await assert.rejects(act('updateFirmware', URL), {
        code: 502,
        message: /has failed: iLO\.2\.0\.ImageNotSigned/,
      });
    });
  });

  test('a task that is gone counts by what has changed', async () => {
    await withRedfish({ update: { versions: VERSIONS, becomes: '2.0', ends: 'gone' } }, async (act) => {
      assert.deepEqual(await act('updateFirmware', URL), { Updated: UPDATED });
    });
    await withRedfish({ update: { versions: VERSIONS, ends: 'gone' } }, async (act) => {
      await assert.rejects(act('updateFirmware', URL), {
        code: 502,
        message: /it is not known how it ended/,
      });
    });
  });

  test('an update after which no version is another one is told', async () => {
    await withRedfish({ update: { versions: VERSIONS } }, async (act) => {
      const { Updated, Warnings } = (await act('updateFirmware', URL)) as { Updated: []; Warnings: string[] };
      assert.deepEqual(Updated, []);
      assert.match(String(Warnings), /no version has changed/);
    });
  });

  test('one that fails, or does not end, is an error; one that is not waited for has no result', async () => {
    await withRedfish({ update: { versions: VERSIONS, ends: 'Exception' } }, async (act) => {
      await assert.rejects(act('updateFirmware', URL), {
        code: 502,
        message: /its task ended as Exception\n.*The image is not signed/,
      });
    });
    await withRedfish({ update: { versions: VERSIONS, ends: 'never' } }, async (act) => {
      await assert.rejects(act('updateFirmware', { ...URL, 'ipmi/firmware-time': 1 }), {
        code: 504,
        message: /its task has not ended after 1 s\n.*Running\n.*the BMC may go on with it/,
      });
      assert.deepEqual(await act('updateFirmware', { ...URL, 'ipmi/firmware-time': 0 }), {});
    });
  });
});

describe('what is refused', { concurrency: 4 }, () => {
  for (const busy of ['task', 'answer'] as const) {
    test(`an update while another one runs, which the ${busy} tells`, async () => {
      await withRedfish({ update: { versions: VERSIONS, busy } }, async (act, service) => {
        await assert.rejects(act('updateFirmware', URL), { code: 409, message: /update/ });
        assert.deepEqual(service.update?.updates, []);
      });
    });
  }

  test('a second one of this plugin, at once', async () => {
    await withRedfish(
      { update: { versions: VERSIONS, becomes: '2.0', looks: 1_000_000 } },
      async (act, service) => {
        const abort = new AbortController();
        const first = act('updateFirmware', URL, abort.signal);
        await until(() => service.update?.updates.length === 1, 'the first one');
        await assert.rejects(act('updateFirmware', URL), {
          code: 409,
          message: /of this plugin is under way/,
        });
        abort.abort(new ModelError(503, 'Plugin ipmi is stopping'));
        await assert.rejects(first, { code: 503 });
        assert.equal(service.update?.updates.length, 1);
      },
    );
  });

  test('what the BMC cannot do', async () => {
    const file = { 'ipmi/firmware-file': 'a.bin' };
    for (const [update, params, code, message] of [
      [{ versions: VERSIONS, ways: ['form'] }, URL, 501, /it has no action SimpleUpdate/],
      [{ versions: VERSIONS, protocols: ['TFTP'] }, URL, 501, /fetches nothing by HTTP; it allows TFTP/],
      [{ versions: VERSIONS, disabled: true }, URL, 409, /is disabled/],
      [{ versions: VERSIONS }, file, 501, /no endpoint to read it from/],
      [{ versions: VERSIONS }, {}, 400, /expected one of them/],
      [{ versions: VERSIONS }, { ...URL, ...file }, 400, /expected one of them/],
      [{ versions: VERSIONS }, { 'ipmi/firmware-url': 'bios.bin' }, 400, /expected a URL/],
      [{ versions: VERSIONS }, { 'ipmi/firmware-file': '../x' }, 400, /leads out/],
      [{ versions: VERSIONS }, { ...URL, 'ipmi/firmware-targets': 'BMC' }, 400, /a list of strings/],
    ] as const) {
      await withRedfish({ update }, async (act, service) => {
        await assert.rejects(act('updateFirmware', params), { code, message });
        assert.deepEqual(service.changes, []);
      });
    }
    await withRedfish({}, async (act) => {
      await assert.rejects(act('updateFirmware', URL), { code: 501, message: /has no update service/ });
    });
  });
});

describe('firmware from a file of the endpoint', { concurrency: 4 }, () => {
  // More than one part of a stream, with what looks like a line of a form.
  const CONTENT = Buffer.concat([randomBytes(300_000), Buffer.from('\r\n--part\r\n'), randomBytes(5)]);
  const log = { info: () => {}, warn: () => {} } as unknown as Request['log'];

  async function update(
    ways: readonly ('form' | 'bytes')[],
    params: object,
    downloadFile: Request['downloadFile'] = (_path, to) => writeFile(to, CONTENT),
  ) {
    await using service = await RedfishService.start({
      update: { versions: VERSIONS, becomes: '2.0', ways },
    });
    const result = await actOn(redfishMode(), {
      plugin: 'ipmi',
      command: 'updateFirmware',
      params: {
        'ipmi/mode': 'redfish',
        'ipmi/address': service.address,
        'ipmi/port-redfish': service.port,
        'ipmi/username': 'admin',
        'ipmi/password': 'redfish-pa55',
        'ipmi/firmware-file': '/firmware/bios "1".bin',
        ...params,
      },
      ...(downloadFile === undefined ? {} : { downloadFile }),
      log,
      signal: new AbortController().signal,
    });
    assert.deepEqual(service.violations, []);
    return { result, sent: service.update?.updates.at(-1) };
  }

  test('is sent as a form, whole, with its targets and its name', async () => {
    const paths: string[] = [];
    const { result, sent } = await update(
      ['form'],
      { 'ipmi/firmware-targets': ['BIOS'] },
      async (path, to) => {
        paths.push(path);
        await writeFile(to, CONTENT);
      },
    );
    assert.deepEqual(result, { Updated: UPDATED.slice(0, 1) });
    assert.deepEqual(paths, ['firmware/bios "1".bin']);
    assert.deepEqual(sent?.parameters, { Targets: ['/redfish/v1/UpdateService/FirmwareInventory/BIOS'] });
    assert.equal(sent?.fileName, 'bios %221%22.bin');
    assert.ok(sent?.file?.equals(CONTENT));
  });

  test('is sent as it is where the BMC takes the bytes alone', async () => {
    const { sent } = await update(['bytes'], {});
    assert.ok(sent?.file?.equals(CONTENT));
    await assert.rejects(update(['bytes'], { 'ipmi/firmware-targets': ['BIOS'] }), {
      code: 501,
      message: /takes no files with targets or a time/,
    });
  });

  test('that cannot be fetched is an error; nothing is left behind in any case', async () => {
    const places: string[] = [];
    const note = async (_path: string, to: string) => {
      places.push(dirname(to));
      await writeFile(to, CONTENT);
    };
    await update(['form'], {}, note);
    const fails = async (path: string, to: string) => {
      await note(path, to);
      throw new ModelError(404, 'files/firmware/bios.bin: not found');
    };
    await assert.rejects(update(['form'], {}, fails), {
      code: 404,
      message: /ipmi\/firmware-file: firmware\/bios "1"\.bin cannot be fetched\n.*not found/,
    });
    assert.equal(places.length, 2);
    for (const place of places) assert.ok(!existsSync(place));
  });
});
