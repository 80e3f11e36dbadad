import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { RedfishService, type Reply } from '../support/redfish-service/index.ts';
import { redfishActor, withRedfish } from './redfish-actor.ts';

const SYSTEM = '/redfish/v1/Systems/System.1';
const TOO_LONG = 17 * 1024 * 1024;

function link(uri: string): { '@odata.id': string } {
  return { '@odata.id': uri };
}

function members(uri: string): Reply {
  return { status: 200, body: { Members: [link(uri)] } };
}

/** Answers GETs of one URI. */
function instead(service: RedfishService, of: string, reply: Reply): void {
  service.fault = ({ method, uri }) => (method === 'GET' && uri === of ? reply : undefined);
}

describe('redfish services that are not to be trusted', { concurrency: 4 }, () => {
  test('nothing is sent to another host, whatever leads there', async () => {
    await using other = await RedfishService.start({ address: '127.0.0.8' });
    const elsewhere = `https://127.0.0.8:${other.port}`;
    await withRedfish({}, async (act, service) => {
      const ofSystem = { status: 200, body: { Bios: link(`${elsewhere}${SYSTEM}/Bios`) } };
      for (const [uri, reply, result] of [
        [SYSTEM, { status: 302, headers: { location: `${elsewhere}${SYSTEM}` } }, /too many redirects$/],
        [
          SYSTEM,
          { status: 307, headers: { location: `//127.0.0.8:${other.port}/redfish/v1/x` } },
          /v1\/x'\.$/,
        ],
        ['/redfish/v1/Systems', members('https://'), /names an address that cannot be read: "https:\/\/"$/],
        ['/redfish/v1/Systems', members('data:,x'), /names an address that cannot be read: "data:,x"$/],
        ['/redfish/v1/Systems', members(`${elsewhere}${SYSTEM}`), 'Bios'],
        ['/redfish/v1/', { status: 200, body: { Systems: link(`${elsewhere}/redfish/v1/Systems`) } }, 'Bios'],
        [SYSTEM, ofSystem, 'Bios'],
      ] as const) {
        instead(service, uri, reply);
        if (typeof result === 'string') assert.partialDeepStrictEqual(await act('getBios'), { Id: result });
        else await assert.rejects(act('getBios'), { message: result });
      }
    });
    assert.deepEqual(other.requests, []);
  });

  test('redirects on the same host are followed, a few of them', async () => {
    await withRedfish({}, async (act, service) => {
      const location = `${SYSTEM}/Bios`;
      instead(service, `${SYSTEM}/Memory`, { status: 308, headers: { location } });
      await act('getMemory');
      const absolute = `https://127.0.0.1:${service.port}${SYSTEM}/Bios`;
      instead(service, `${SYSTEM}/Memory`, { status: 301, headers: { location: absolute } });
      await act('getMemory');
      assert.equal(service.requests.filter(({ uri }) => uri === location).length, 2);
      instead(service, location, { status: 302, headers: { location } });
      await assert.rejects(act('getBios'), { code: 502, message: /too many redirects$/ });
    });
  });

  test('an answer that is too long is not read, packed or not', async () => {
    const text = `{"Id":"${'x'.repeat(TOO_LONG)}"}`;
    const packed = gzipSync(text);
    await withRedfish({}, async (act, service) => {
      for (const reply of [
        { status: 200, body: text },
        { status: 200, body: packed, headers: { 'content-encoding': 'gzip' } },
      ]) {
        instead(service, `${SYSTEM}/Bios`, reply);
        await assert.rejects(act('getBios'), { code: 502, message: /longer than 16777216 bytes/ });
      }
    });
  });

  test('a collection without end is not read to it', async () => {
    await withRedfish({}, async (act, service) => {
      let page = 0;
      service.fault = ({ uri }) =>
        uri.startsWith(`${SYSTEM}/Memory`)
          ? {
              status: 200,
              body: {
                Members: Array(500).fill(link(`${SYSTEM}/Bios`)),
                'Members@odata.nextLink': `${SYSTEM}/Memory?${page++}`,
              },
            }
          : undefined;
      await assert.rejects(act('getMemory'), { code: 502, message: /has more than 2000 members/ });
      instead(service, `${SYSTEM}/Memory`, {
        status: 200,
        body: { Members: [link(`${SYSTEM}/Bios`)], 'Members@odata.nextLink': `${SYSTEM}/Memory` },
      });
      assert.equal(((await act('getMemory')) as unknown[]).length, 1);
    });
  });

  test('JSON cannot change prototypes, and what is nested too deeply is none', async () => {
    await withRedfish({}, async (act, service) => {
      const text = '{"Id":"x","__proto__":{"polluted":1},"a":{"\\u005f_proto__":{"polluted":1}}}';
      instead(service, `${SYSTEM}/Bios`, { status: 200, body: text });
      const bios = await act('getBios');
      assert.deepEqual(bios, { Id: 'x', a: {} });
      assert.deepEqual(Object.keys(bios as object), ['Id', 'a']);
      assert.equal(JSON.stringify(bios), '{"Id":"x","a":{}}');
      assert.equal('polluted' in {}, false);
      const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
      instead(service, `${SYSTEM}/Bios`, { status: 200, body: deep });
      await assert.rejects(act('getBios'), { code: 502, message: /the answer is not a JSON object/ });
    });
  });

  test('answers of other types than the schemas say are errors, or left out', async () => {
    for (const body of [
      '[]',
      'null',
      '7',
      '"x"',
      '',
      '{"Members":7}',
      '{"Members":[7,null,{"@odata.id":7}]}',
    ]) {
      await withRedfish({}, async (act, service) => {
        instead(service, '/redfish/v1/Systems', { status: 200, body });
        await assert.rejects(act('poweron'), { message: /is not a JSON object\n|has no systems$/ });
      });
    }
    const odd = {
      PowerState: 7,
      Boot: [],
      Actions: 'x',
      Links: { ManagedBy: 'x' },
      VirtualMedia: 7,
      Status: null,
    };
    await withRedfish({}, async (act, service) => {
      instead(service, SYSTEM, { status: 200, body: odd });
      assert.equal(await act('powerstatus'), 'Unknown');
      await assert.rejects(act('poweron'), { code: 501, message: /has no action ComputerSystem\.Reset/ });
      await assert.rejects(act('getBoot'), { code: 501 });
      await assert.rejects(act('identify'), { code: 501 });
      assert.deepEqual(await act('getMemory'), []);
      assert.partialDeepStrictEqual(await act('status'), { Status: '', StorageStatus: 'OK' });
    });
  });

  test('the password is in no error and no log line, even when the service repeats it', async () => {
    const password = 'pa55-of-the-service';
    await using service = await RedfishService.start({ password });
    const act = redfishActor({ address: service.address, port: service.port, password });
    const basic = Buffer.from(`admin:${password}`).toString('base64');
    const said = { error: { code: 'X', message: `no: ${password} ${basic}` } };
    const task = {
      '@odata.type': '#Task.v1_7_4.Task',
      TaskState: 'Exception',
      Messages: [{ Message: `no: ${password}` }],
    };
    const shown: string[] = [];
    for (const reply of [
      { status: 400, body: said },
      { status: 401, body: said },
      { status: 302, headers: { location: `https://${password}.example/` } },
      { status: 202, headers: { location: `/redfish/v1/${password}` } },
      { status: 202, headers: { location: '/redfish/v1/Task' } },
    ]) {
      service.fault = ({ method, uri }) =>
        method === 'PATCH' || (method === 'POST' && uri.endsWith('Reset'))
          ? reply
          : uri === '/redfish/v1/Task'
            ? { status: 200, body: task }
            : undefined;
      for (const command of ['identify', 'poweron', 'nextbootpxe']) {
        shown.push(
          await act(command, { 'ipmi/wait-for-power': 0 }).then(String, (error) => `${error.stack}`),
        );
      }
    }
    const image = 'https://user:image@pa55@images.example/x.iso';
    const params = { 'ipmi/virtual-media-url': image, 'ipmi/virtual-media-boot': false };
    service.fault = ({ uri }) =>
      uri.endsWith('InsertMedia') ? { status: 400, body: { error: { message: image } } } : undefined;
    await assert.rejects(act('mountVirtualMedia', params), { message: /https:\/\/user:\*\*\*@images/ });
    const all = [...shown, ...act.lines].join('\n');
    assert.match(all, /no: \*\*\*/);
    assert.ok(!all.includes(password) && !all.includes(basic));
  });
});
