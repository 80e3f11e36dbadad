import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { ModelError } from '../../lib/models/index.ts';
import { FakeBmc } from '../support/fake-bmc/fake-bmc.ts';
import { failureOf, growingLimit } from '../support/growing-limit.ts';
import { freePort, type SimulatedBmc, startBmc } from '../support/ipmi-simulator.ts';
import { type Received, RedfishService } from '../support/redfish-service/index.ts';
import { until } from '../support/until.ts';
import { fakeIpmitool, REAL } from './fake-ipmitool.ts';
import { SHORT } from './lanplus/asker.ts';
import { scanner } from './range-scanner.ts';

const PORTS = 'ipmi/discover/ports';
const REDFISH_PORT = 'ipmi/port-redfish';
const CREDENTIALS = 'ipmi/discover/credentials';
const right = { username: 'admin', password: 'right-pa55' };
const other = { username: 'root', password: 'other-pa55' };
const wrong = { username: 'admin', password: 'wrong-pa55' };

type Fault = ReturnType<RedfishService['fault']>;

const SESSIONS = '/redfish/v1/SessionService/Sessions';
const isLogin = ({ method, uri }: Received) => method === 'POST' && uri === SESSIONS;
/** The passwords that a service was shown, in their order. */
const shown = (service: RedfishService) =>
  service.requests.filter(isLogin).map(({ json }) => (json as { Password: string }).Password);

describe('a scan of a range with BMCs in it', { concurrency: 4 }, () => {
  let port: number;
  let bmcs: SimulatedBmc[] = [];
  let redfish: RedfishService;
  before(async () => {
    port = await freePort('127.0.11.1');
    const started = await Promise.all([
      startBmc({ address: '127.0.11.1', port, ...right }),
      startBmc({ address: '127.0.11.3', port, ...other }),
      startBmc({ address: '127.0.11.4', port, ...other }),
      RedfishService.start({ address: '127.0.11.3', ...other }),
    ]);
    redfish = started[3];
    bmcs = started.slice(0, 3) as SimulatedBmc[];
    bmcs[2]?.freeze();
  });
  after(async () => {
    await Promise.all(bmcs.map((bmc) => bmc.close()));
    await redfish?.[Symbol.asyncDispose]();
  });

  const ipmi = () => ({ name: 'ipmi', port, versions: ['1.5', '2.0'] });
  const own = () => ({ [PORTS]: [port], [REDFISH_PORT]: redfish.port });

  test('finds what answers, in the order of addresses, with protocols and their versions', async () => {
    const { scan, log } = scanner();
    const before = redfish.requests.length;
    assert.deepEqual(await scan('127.0.11.0', '127.0.11.9', own()), [
      { address: '127.0.11.1', port, protocols: [ipmi()] },
      {
        address: '127.0.11.3',
        port,
        protocols: [ipmi(), { name: 'redfish', port: redfish.port, versions: ['1.20.0'] }],
      },
    ]);
    assert.equal(log[0], 'range-scan: 10 addresses, 127.0.11.0 to 127.0.11.9, 128 at once');
    assert.ok(log.includes(`range-scan: found 127.0.11.1: ipmi 1.5, 2.0 on port ${port}`));
    assert.equal(log.at(-1), 'range-scan: 10 of 10 addresses, BMCs found: 2');
    assert.equal(log.filter((line) => / of 10 addresses/.test(line)).length, 10);
    assert.ok(redfish.requests.slice(before).some(({ uri }) => uri === '/redfish/v1/'));
  });

  test('with credentials that fit, tells what each is and who may log in', async () => {
    const { scan, log } = scanner();
    const found = await scan('127.0.11.1', '127.0.11.3', { ...own(), [CREDENTIALS]: [right, other] });
    const told = found.map(({ protocols: _protocols, port: _port, ...rest }) => rest);
    assert.deepEqual(told, [
      {
        address: '127.0.11.1',
        username: 'admin',
        vendor: 'MontaVista Software',
        product: '3842 (0x0f02)',
        firmware: '9.08',
        uuid: '6e70311c-3062-45f1-835c-92541bc9cbd3',
      },
      {
        address: '127.0.11.3',
        username: 'root',
        vendor: 'Contoso',
        uuid: redfish.system.uuid,
      },
    ]);
    assert.ok(log.some((line) => line.includes('MontaVista')));
    assert.ok(!JSON.stringify([found, log]).includes('pa55'));
    assert.equal(redfish.sessions.open, 0);
    assert.deepEqual(redfish.violations, []);
  });

  test('a BMC that refuses all credentials is found nevertheless', async () => {
    const { scan, log } = scanner();
    const [found] = await scan('127.0.11.1', '127.0.11.1', {
      [PORTS]: [port],
      [CREDENTIALS]: [wrong, other],
    });
    assert.equal(found?.problem, 'none of 2 credentials fits');
    assert.ok(!('username' in found) && !('uuid' in found));
    assert.ok(log.includes('range-scan: 127.0.11.1: none of 2 credentials fits'));
  });

  test('each credential is tried natively, in order, until one fits, and one too long for IPMI never', async () => {
    await using bmc = await FakeBmc.start({ address: '127.0.11.5', ...right });
    await using tool = await fakeIpmitool(REAL);
    const long = { username: 'admin', password: 'x'.repeat(21) };
    const list = [wrong, long, { username: 'nobody', password: 'none-pa55' }, right, other];
    const { scan } = scanner({ path: tool.path });
    const [found] = await scan('127.0.11.5', '127.0.11.5', { [PORTS]: [bmc.port], [CREDENTIALS]: list });
    assert.equal(found?.username, 'admin');
    assert.equal(found.firmware, '9.08');
    // No password was tried on the BMC but the right one: its proof shows before that another does not fit.
    assert.equal(bmc.counts.get('rakp4'), 1);
    await until(async () => bmc.sessions + bmc.halfOpen === 0, 'all sessions to be closed');
    assert.deepEqual(await tool.calls(), []);
  });

  test('a BMC of IPMI 1.5 is logged in to by ipmitool, each credential once, or found without a login', async () => {
    await using bmc = await FakeBmc.start({ address: '127.0.11.5', ...right, faults: { isOld: true } });
    await using tool = await fakeIpmitool(
      'case $IPMI_PASSWORD in right*) echo "Firmware Revision : 1.2" ;; *) echo "RAKP 2 HMAC is invalid" >&2; exit 1 ;; esac',
    );
    const params = { [PORTS]: [bmc.port], [CREDENTIALS]: [wrong, right] };
    const timing = SHORT;
    const [found] = await scanner({ path: tool.path, timing }).scan('127.0.11.5', '127.0.11.5', params);
    assert.deepEqual([found?.username, found?.firmware], ['admin', '1.2']);
    const [bare] = await scanner({ path: '/nonexistent', timing }).scan('127.0.11.5', '127.0.11.5', params);
    assert.match(bare?.problem ?? '', /^1 of 2 credentials tried: .*does not speak IPMI 2\.0/);
  });

  test('several IPMI ports of one address are BMCs of their own', async () => {
    const second = await startBmc({ address: '127.0.11.3', ...right });
    try {
      const found = await scanner().scan('127.0.11.3', '127.0.11.3', {
        ...own(),
        [PORTS]: [port, second.port, port],
      });
      assert.deepEqual(
        found.map((bmc) => [bmc.port, bmc.protocols.map(({ name }) => name)]),
        [
          [port, ['ipmi']],
          [second.port, ['ipmi']],
          [redfish.port, ['redfish']],
        ],
      );
    } finally {
      await second.close();
    }
  });

  test('IPv6 ranges are scanned', async () => {
    const bmc = await startBmc({ address: '::1', ...right });
    try {
      const params = { [PORTS]: [bmc.port], [CREDENTIALS]: [right] };
      const [found, ...none] = await scanner().scan('0:0::1', '::1', params);
      assert.deepEqual(none, []);
      assert.deepEqual([found?.address, found?.username], ['::1', 'admin']);
    } finally {
      await bmc.close();
    }
  });
});

describe('a scan of a Redfish service', { concurrency: 4 }, () => {
  /** Scans 127.0.11.20 for Redfish alone, with wrong credentials before the right one, one of them twice. */
  async function scanOf(service: RedfishService, params: Record<string, unknown> = {}) {
    const { scan } = scanner();
    return scan(service.address, service.address, {
      [PORTS]: [1],
      [REDFISH_PORT]: service.port,
      [CREDENTIALS]: [wrong, other, wrong, right],
      ...params,
    });
  }

  test('tries each credential once, in order, and leaves no session open', async () => {
    await using service = await RedfishService.start({ address: '127.0.11.20', ...right });
    const [found] = await scanOf(service);
    assert.deepEqual([found?.username, found?.port], ['admin', service.port]);
    assert.deepEqual(shown(service), ['wrong-pa55', 'other-pa55', 'right-pa55']);
    assert.deepEqual([service.sessions.opened, service.sessions.open], [1, 0]);
    assert.deepEqual(service.violations, []);
  });

  test('stops trying on a BMC that locks', async () => {
    for (const status of [403, 429, 503, 400, 401]) {
      await using service = await RedfishService.start({ address: '127.0.11.20', ...right });
      const text = 'The account is locked after too many attempts with wrong-pa55.';
      service.fault = (request) =>
        isLogin(request) && service.requests.length > 2
          ? { status, body: { error: { code: 'Base.1.18.GeneralError', message: text } } }
          : undefined;
      const [found] = await scanOf(service, { [CREDENTIALS]: [other, wrong, right] });
      assert.deepEqual(shown(service), ['other-pa55', 'wrong-pa55'], `status ${status}`);
      assert.match(found?.problem ?? '', /^2 of 3 credentials tried: .*The account is locked/);
      assert.ok(!JSON.stringify(found).includes('pa55'));
      // Nor in another way.
      assert.ok(service.requests.every(({ headers }) => headers.authorization === undefined));
    }
  });

  test('uses basic authentication where there are no sessions, each credential once again', async () => {
    for (const sessions of ['refused', 'full'] as const) {
      await using service = await RedfishService.start({ address: '127.0.11.20', ...right, sessions });
      const [found] = await scanOf(service);
      assert.equal(found?.username, 'admin');
      assert.equal(found.uuid, service.system.uuid);
      const refused = service.requests.filter(
        ({ uri, headers }) => uri === '/redfish/v1/Systems' && headers.authorization !== undefined,
      );
      assert.equal(refused.length, 3);
    }
  });

  test('a service with several systems, or one whose systems the user may not see, has no UUID', async () => {
    await using several = await RedfishService.start({
      address: '127.0.11.20',
      ...right,
      systems: [{ id: 'a' }, { id: 'b' }],
    });
    const [blades] = await scanOf(several);
    await using shy = await RedfishService.start({ address: '127.0.11.20', ...right });
    shy.fault = ({ uri }) => (uri === '/redfish/v1/Systems' ? { status: 403 } : undefined);
    const [guest] = await scanOf(shy);
    for (const found of [blades, guest]) {
      assert.equal(found?.username, 'admin');
      assert.ok(!('uuid' in found) && !('problem' in found));
    }
    assert.equal(shy.sessions.open, 0);
  });

  test('tells vendor and product from the root when it has them, without credentials', async () => {
    await using service = await RedfishService.start({ address: '127.0.11.20', ...right });
    const root = { '@odata.type': '#ServiceRoot.v1_5_0.ServiceRoot', RedfishVersion: '1.6.0' };
    for (const [more, vendor, product] of [
      [{ Vendor: 'Contoso', Product: 'BMC 9' }, 'Contoso', 'BMC 9'],
      [{ Oem: { Hpe: {} } }, 'Hpe', undefined],
      [{}, undefined, undefined],
    ] as const) {
      service.fault = () => ({ status: 200, body: { ...root, ...more } });
      const [found] = await scanOf(service, { [CREDENTIALS]: [] });
      assert.deepEqual(found?.protocols[0]?.versions, ['1.6.0']);
      assert.deepEqual([found?.vendor, found?.product], [vendor, product]);
    }
  });

  test('knows a root without slash, and one that wants credentials', async () => {
    await using service = await RedfishService.start({ address: '127.0.11.20', ...right });
    service.fault = ({ uri }) =>
      uri === '/redfish/v1' ? { status: 200, body: { RedfishVersion: '1.0.2' } } : { status: 404 };
    const [found] = await scanOf(service, { [CREDENTIALS]: [] });
    assert.deepEqual(found?.protocols[0]?.versions, ['1.0.2']);
    service.fault = ({ uri, headers }) =>
      uri === '/redfish/v1/' && headers['x-auth-token'] === undefined ? { status: 401 } : undefined;
    const [shy] = await scanOf(service);
    assert.equal(shy?.username, 'admin');
  });

  test('does not take other web servers for BMCs, and follows them to no other host', async () => {
    await using service = await RedfishService.start({ address: '127.0.11.20', ...right });
    await using elsewhere = await RedfishService.start({ address: '127.0.11.21', ...right });
    const target = `https://127.0.11.21:${elsewhere.port}/redfish/v1/`;
    const faults: Fault[] = [
      { status: 200, body: '<html>' },
      { status: 200, body: {} },
      { status: 200, body: [] },
      { status: 404 },
      { status: 302, headers: { location: target } },
      { status: 200, body: Buffer.alloc(17 * 1024 * 1024, 0x20) },
      'cut',
    ];
    for (const fault of faults) {
      service.fault = () => fault;
      assert.deepEqual(await scanOf(service), [], JSON.stringify(fault).slice(0, 99));
    }
    assert.deepEqual(elsewhere.requests, []);
  });

  test('a scan that is stopped in a login closes the session that comes of it', async () => {
    await using service = await RedfishService.start({ address: '127.0.11.20', ...right, delayMs: 50 });
    const stopping = new AbortController();
    const reason = new ModelError(503, 'Plugin ipmi is stopping');
    const params = { [PORTS]: [1], [REDFISH_PORT]: service.port, [CREDENTIALS]: [right] };
    const scan = scanner().scan(service.address, service.address, params, stopping.signal);
    const outcome = assert.rejects(scan, (error) => error === reason);
    await until(() => service.requests.some(isLogin), 'the login');
    stopping.abort(reason);
    await outcome;
    assert.deepEqual([service.sessions.opened, service.sessions.open], [1, 0]);
  });
});

test('by IPMI too, nothing but a plain refusal lets the next credential be tried', async () => {
  await using bmc = await FakeBmc.start({ address: '127.0.11.30', ...right });
  bmc.faults = {
    // Once the first credential was refused.
    get refusals() {
      return (bmc.counts.get('open') ?? 0) > 1 ? [{ at: 'open' as const, status: 0x01 }] : [];
    },
  };
  const [found] = await scanner().scan(bmc.address, bmc.address, {
    [PORTS]: [bmc.port],
    [CREDENTIALS]: [other, wrong, right],
  });
  assert.match(
    found?.problem ?? '',
    /^2 of 3 credentials tried: BMC 127\.0\.11\.30:\d+: has no session free/,
  );
});

test('a scan that takes too long is an error that says how far it came and what it found', async () => {
  await using service = await RedfishService.start({ address: '127.0.11.41', ...right });
  const loses = (kind: string) => kind === 'rakp2';
  await using hung = await FakeBmc.start({ address: '127.0.11.42', ...right, faults: { loses } });
  await growingLimit(4, async (seconds) => {
    const scan = scanner({ timing: { loginMs: [600_000] } }).scan('127.0.11.40', '127.0.11.45', {
      [PORTS]: [hung.port],
      [REDFISH_PORT]: service.port,
      [CREDENTIALS]: [right],
      'ipmi/discover/scan-timeout': seconds,
    });
    const error = await failureOf(scan);
    assert.ok(error instanceof ModelError);
    if (error.messages.length === 1) return undefined;
    assert.deepEqual(error.messages, [
      `range-scan: stopped after ${seconds} s (ipmi/discover/scan-timeout): 127.0.11.42 is the first that is not done`,
      `found 127.0.11.41: redfish 1.20.0 on port ${service.port}; Contoso ${service.system.uuid}`,
    ]);
    return error;
  });
});

test('an abort ends a scan of silent addresses at once, with its reason', async () => {
  const silent = createSocket('udp4');
  let pings = 0;
  silent.on('message', () => {
    pings += 1;
  });
  silent.bind(0, '0.0.0.0');
  await once(silent, 'listening');
  try {
    const stopping = new AbortController();
    const reason = new ModelError(503, 'Plugin ipmi is stopping');
    const params = { [PORTS]: [silent.address().port], 'ipmi/discover/concurrency': 8 };
    const scan = scanner().scan('127.0.12.0', '127.0.255.255', params, stopping.signal);
    const outcome = assert.rejects(scan, (error) => error === reason);
    await until(() => pings >= 8, 'the first pings');
    stopping.abort(reason);
    await outcome;
    assert.equal(pings, 8);
  } finally {
    silent.close();
  }
});

test('no more addresses are looked at at once than ipmi/discover/concurrency', async () => {
  const atWork = new Map<string | undefined, number>();
  let most = 0;
  const server = createServer((socket) => {
    const address = socket.localAddress;
    atWork.set(address, (atWork.get(address) ?? 0) + 1);
    most = Math.max(most, atWork.size);
    socket.on('error', () => {});
    socket.on('close', () => {
      const left = (atWork.get(address) ?? 0) - 1;
      if (left > 0) atWork.set(address, left);
      else atWork.delete(address);
    });
    // It is no TLS service.
    socket.once('data', () => setTimeout(() => socket.destroy(), 20));
    socket.resume();
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  try {
    const { port } = server.address() as { port: number };
    const params = { [PORTS]: [1], [REDFISH_PORT]: port, 'ipmi/discover/concurrency': 4 };
    assert.deepEqual(await scanner().scan('127.0.13.1', '127.0.13.24', params), []);
    assert.ok(most > 1 && most <= 4, `${most} at once`);
  } finally {
    server.close();
  }
});

test('a process that may open too few files is told so, and what to do', async () => {
  const silent = createSocket('udp4');
  silent.bind(0, '0.0.0.0');
  await once(silent, 'listening');
  try {
    const script = `
      const { scanner } = await import(${JSON.stringify(join(import.meta.dirname, 'range-scanner.ts'))});
      const params = { 'ipmi/discover/ports': [${silent.address().port}] };
      await scanner().scan('127.0.16.0', '127.0.16.255', params).catch((error) => {
        console.log(error.code, error.messages[0]);
      });`;
    const command = 'ulimit -n 80; exec "$0" --input-type=module -e "$1"';
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command, process.execPath, script]);
    assert.equal(stdout, '503 range-scan: too many files are open: lower ipmi/discover/concurrency\n');
  } finally {
    silent.close();
  }
});
