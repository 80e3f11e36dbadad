import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Cloud } from '../../cmd/packet-ipmi/metal/cloud.ts';
import { CloudError } from '../../cmd/packet-ipmi/metal/cloud-error.ts';
import { keptCertificate } from '../support/kept-certificate.ts';
import { MetalService } from '../support/metal-service/index.ts';
import { until } from '../support/until.ts';

const soon = () => AbortSignal.timeout(20_000);

function cloudOf({ url, key }: { url: string; key: string }): Cloud {
  return new Cloud({ url, key, longestPauseMs: 5, orderMs: 20_000 });
}

/** The error of a call that must fail. */
async function errorOf(call: Promise<unknown>): Promise<CloudError> {
  const error = await call.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof CloudError, String(error));
  return error;
}

const ORDER = {
  hostname: 'a.example.com',
  plan: 'p',
  facility: 'f',
  ipxeScriptUrl: 'http://x/y',
  alwaysPxe: true,
  tags: ['t'],
};

test('a list of several pages is read to its end', async () => {
  await using service = await MetalService.start({
    projects: Array.from({ length: 230 }, (_, at) => `p${at}`),
  });
  const projects = await cloudOf(service).projects(soon());
  assert.deepEqual(
    projects.map(({ id }) => id),
    service.projects.map(({ id }) => id),
  );
  assert.equal(service.count('GET', /projects$/), 3);
});

test('a pause that no timer can wait for is an hour', async () => {
  await using service = await MetalService.start();
  service.fail({ how: 'status', status: 429, headers: { 'retry-after': '1700000000' } });
  assert.equal((await errorOf(cloudOf(service).projects(soon()))).pauseMs, 3_600_000);
});

test('a list that changes while it is read is read anew, and never returned with gaps', async () => {
  await using service = await MetalService.start();
  const [project] = service.projects;
  assert.ok(project !== undefined);
  const devices = Array.from({ length: 150 }, (_, at) => service.addDevice({ hostname: `d${at}` }));
  const cloud = cloudOf(service);
  service.fail({ path: /devices$/, how: 'late', delay: 20 });
  const listing = cloud.devices(project.id, soon());
  await until(() => service.count('GET', /devices$/) === 2, 'the second page to be asked for');
  devices[3]?.delete();
  const found = await listing;
  assert.equal(found.length, 149);
  assert.ok(found.some(({ hostname }) => hostname === 'd100'));
  const asked = service.count('GET', /devices$/);
  assert.ok(asked === 4, `${asked} pages`);
});

test('a list that keeps changing is an error', async () => {
  let total = 200;
  await using service = await serve((_request, response) => {
    total += 1;
    const items = Array.from({ length: 100 }, (_, at) => ({ id: `${total}-${at}` }));
    response.end(JSON.stringify({ projects: items, meta: { total, last_page: 3 } }));
  });
  const error = await errorOf(cloudOf(service).projects(soon()));
  assert.deepEqual([error.code, error.transient], [502, true]);
  assert.match(error.message, /keeps changing/);
});

test('a list without a word about pages ends where nothing new comes', async () => {
  await using service = await serve((request, response) => {
    const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('page'));
    const items = page > 3 ? [] : Array.from({ length: 20 }, (_, at) => ({ id: `${page}-${at}` }));
    response.end(JSON.stringify({ projects: items }));
  });
  assert.equal((await cloudOf(service).projects(soon())).length, 60);
});

test('a page that cannot be had makes the whole list an error', async () => {
  await using service = await MetalService.start({
    projects: Array.from({ length: 150 }, (_, at) => `p${at}`),
  });
  service.fail({ how: 'late', times: 1 });
  service.fail({ how: 'status', status: 500 });
  assert.equal((await errorOf(cloudOf(service).projects(soon()))).status, 500);
});

test('devices are found by tag, also where the service does not filter', async () => {
  await using service = await MetalService.start();
  const [project] = service.projects;
  assert.ok(project !== undefined);
  service.addDevice({ tags: ['other'] });
  const tagged = service.addDevice({ tags: ['mine', 'other'] });
  const found = await cloudOf(service).devices(project.id, soon(), 'mine');
  assert.deepEqual(
    found.map(({ id }) => id),
    [tagged.id],
  );
  const json = service.devices.map((device) => device.json(new Set()));
  await using unfiltered = await serve((_request, response) =>
    response.end(JSON.stringify({ devices: json })),
  );
  assert.equal((await cloudOf(unfiltered).devices(project.id, soon(), 'mine')).length, 1);
});

for (const [status, advice] of [
  [401, /not accepted; set packet\/api-key/],
  [402, /payment is required/],
  [403, /no right/],
  [404, /not found; check packet\/uuid/],
  [422, /refused as it stands/],
  [429, /too many requests/],
  [500, /failed \(500\); try again later/],
  [503, /failed \(503\); try again later/],
] as const) {
  test(`status ${status} is told with what the cloud said, what to do, and without the key`, async () => {
    await using service = await MetalService.start({ key: 's3cr3t-key' });
    const message = 'token s3cr3t-key is bad';
    service.fail({ how: 'status', status, message, headers: { 'retry-after': '0' } });
    const error = await errorOf(cloudOf(service).device('d-1', soon()));
    assert.deepEqual([error.code, error.status, error.transient], [status, status, status >= 429]);
    assert.match(error.message, advice);
    assert.match(error.message, /asking for device d-1: .*: token \(packet\/api-key\) is bad$/);
    assert.doesNotMatch(JSON.stringify(error) + error.stack, /s3cr3t/);
  });
}

test('a refusal by a proxy in HTML is told without the page', async () => {
  await using service = await MetalService.start();
  service.fail({ how: 'status', status: 502, raw: '<html>Bad gateway</html>' });
  const error = await errorOf(cloudOf(service).device('d-1', soon()));
  assert.match(error.message, /failed \(502\); try again later$/);
});

test('what can be repeated is repeated three times', async () => {
  await using service = await MetalService.start();
  const device = service.addDevice({});
  const cloud = cloudOf(service);
  service.fail({ how: 'status', status: 503, times: 3 });
  assert.equal((await cloud.device(device.id, soon())).id, device.id);
  service.fail({ how: 'cut', times: 3 });
  await cloud.remove(device.id, soon());
  service.fail({ how: 'status', status: 503, times: 4 });
  assert.equal((await errorOf(cloud.projects(soon()))).status, 503);
});

test('an order and an action are repeated only when they cannot have been carried out', async () => {
  await using service = await MetalService.start();
  const [project] = service.projects;
  assert.ok(project !== undefined);
  const cloud = cloudOf(service);
  const order = () => cloud.order(project.id, ORDER, soon());
  for (const how of ['cut', 'cut-after', 'status'] as const) {
    service.fail({ method: 'POST', how, status: 500, times: 1 });
    const error = await errorOf(order());
    assert.deepEqual([error.transient, error.uncertain], [true, true], how);
  }
  assert.equal(service.count('POST', /devices$/), 3);
  service.fail({ method: 'POST', how: 'status', status: 429, times: 2, headers: { 'retry-after': '0' } });
  const { id } = await order();
  service.fail({ method: 'POST', how: 'cut', times: 1 });
  assert.equal((await errorOf(cloud.act(id, 'reboot', soon()))).uncertain, true);
  assert.equal(service.count('POST', /actions$/), 1);
});

test('an order that is not answered in time may have been carried out', async () => {
  await using service = await MetalService.start();
  service.fail({ how: 'hang' });
  const cloud = new Cloud({ url: service.url, key: service.key, longestPauseMs: 5, orderMs: 20 });
  const error = await errorOf(cloud.order('p-1', ORDER, soon()));
  assert.deepEqual([error.code, error.transient, error.uncertain], [504, true, true]);
});

test('an order whose answer cannot be read may have been carried out', async () => {
  for (const body of ['<html>', '{}', '']) {
    await using service = await serve((_request, response) => response.end(body));
    const error = await errorOf(cloudOf(service).order('p-1', ORDER, soon()));
    assert.deepEqual([error.code, error.uncertain], [502, true], body);
  }
});

test('a service that is not there is told, and nothing can have been carried out', async () => {
  const error = await errorOf(
    new Cloud({ url: 'http://127.0.0.1:1/v1', key: 'k', longestPauseMs: 5, orderMs: 20_000 }).order(
      'p-1',
      ORDER,
      soon(),
    ),
  );
  assert.deepEqual([error.code, error.transient, error.uncertain], [503, true, false]);
  assert.match(error.message, /no answer from the service at packet\/api-url/);
});

test('the pause that the cloud asks for is kept, and told when it is long', async () => {
  await using service = await MetalService.start();
  service.fail({ how: 'status', status: 429, headers: { 'retry-after': '1' }, times: 1 });
  const before = performance.now();
  await cloudOf(service).projects(soon());
  assert.ok(performance.now() - before >= 990);
  service.fail({ how: 'status', status: 429, headers: { 'retry-after': '3600' } });
  assert.equal((await errorOf(cloudOf(service).projects(soon()))).pauseMs, 3_600_000);
  assert.equal(service.count('GET', /projects$/), 3);
});

test('many calls at once share a few connections', async () => {
  await using service = await MetalService.start();
  const device = service.addDevice({});
  service.fail({ how: 'late', delay: 5 });
  const cloud = cloudOf(service);
  await Promise.all(Array.from({ length: 200 }, () => cloud.device(device.id, soon())));
  assert.ok(service.connections <= 16, `${service.connections} connections`);
});

test('a redirect is not followed: the key stays where it belongs', async () => {
  let followed = false;
  await using elsewhere = await serve((_request, response) => {
    followed = true;
    response.end('{}');
  });
  await using service = await serve((_request, response) => {
    response.writeHead(302, { location: elsewhere.url });
    response.end();
  });
  assert.match((await errorOf(cloudOf(service).projects(soon()))).message, /redirect/);
  assert.equal(followed, false);
});

test('a certificate that is not trusted is told with what to do, and nothing can have been carried out', async () => {
  const { cert, key } = await keptCertificate('metal', (generate) =>
    generate([{ name: 'commonName', value: 'metal.test' }]),
  );
  const server = createTlsServer({ key, cert }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const error = await errorOf(cloudOf({ url, key: 'k' }).order('p-1', ORDER, soon()));
    assert.deepEqual([error.transient, error.uncertain], [false, false]);
    assert.match(
      error.message,
      /self-signed certificate; if it is right, make its authority one that the machine .* trusts/,
    );
  } finally {
    server.close();
  }
});

test('where the environment says so, the service is reached through a proxy', async () => {
  const asked: string[] = [];
  await using proxy = await serve(({ url = '' }, response) => {
    asked.push(url);
    response.end('{"id": "d-1", "state": "active"}');
  });
  const settings = {
    http_proxy: new URL(proxy.url).origin,
    no_proxy: 'none.invalid',
    NODE_USE_ENV_PROXY: '1',
  };
  const before = Object.keys(settings).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, settings);
  try {
    const { id } = await cloudOf({ url: 'http://metal.invalid/v1', key: 'k' }).device('d-1', soon());
    assert.equal(id, 'd-1');
    assert.match(asked[0] ?? '', /^http:\/\/metal\.invalid\/v1\/devices\/d-1\?/);
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

test('a call ends when its signal is aborted, also between two tries', async () => {
  await using service = await MetalService.start();
  const cloud = new Cloud({ url: service.url, key: service.key, longestPauseMs: 60_000, orderMs: 20_000 });
  for (const failure of [
    { how: 'hang' },
    { how: 'status', status: 429, headers: { 'retry-after': '50' } },
  ] as const) {
    service.recover();
    service.fail(failure);
    const stop = new AbortController();
    const before = service.requests.length;
    const call = assert.rejects(cloud.projects(stop.signal), /stopped/);
    await until(() => service.requests.length > before, 'the request');
    stop.abort(new Error('stopped'));
    await call;
  }
});

test('ids that lead to another place, or to a whole list, are refused', async () => {
  await using service = await MetalService.start();
  const cloud = cloudOf(service);
  for (const id of ['', '..', 'a/b', '?x', '%2e%2e']) {
    assert.equal((await errorOf(cloud.remove(id, soon()))).code, 400, id);
    assert.equal((await errorOf(cloud.devices(id, soon()))).code, 400, id);
  }
  assert.equal(service.requests.length, 0);
});

test('what is no device is an error that names the field', async () => {
  await using service = await serve((_request, response) => response.end('{"id": "d-1", "state": 7}'));
  assert.match(
    (await errorOf(cloudOf(service).device('d-1', soon()))).message,
    /device d-1: state: .*found 7/,
  );
  await using other = await serve((_request, response) => response.end('{"devices": []}'));
  assert.match(
    (await errorOf(cloudOf(other).projects(soon()))).message,
    /without projects; check packet\/api-url/,
  );
});

test('a device with next to nothing in it can be read', async () => {
  await using service = await serve((_request, response) => response.end('{"id": "d-1", "state": "queued"}'));
  assert.deepEqual(await cloudOf(service).device('d-1', soon()), {
    id: 'd-1',
    hostname: '',
    state: 'queued',
    tags: [],
    plan: undefined,
    facility: undefined,
    project: undefined,
    sos: undefined,
    alwaysPxe: false,
    ipxeScriptUrl: '',
    address: undefined,
    macs: [],
  });
});

test('deleting a device that is gone or going is success', async () => {
  await using service = await MetalService.start({ timing: { deprovisioning: Number.POSITIVE_INFINITY } });
  const cloud = cloudOf(service);
  const device = service.addDevice({});
  for (const _time of [1, 2]) await cloud.remove(device.id, soon());
  service.fail({ method: 'DELETE', how: 'status', status: 422 });
  await cloud.remove(device.id, soon());
  service.timing.deprovisioning = 0;
  await cloud.remove(device.id, soon());
  const locked = service.addDevice({});
  assert.equal((await errorOf(cloud.remove(locked.id, soon()))).status, 422);
});

/** A server that answers as the test says. */
async function serve(answer: RequestListener): Promise<{ url: string; key: string } & AsyncDisposable> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    key: 'key',
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
