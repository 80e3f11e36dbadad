import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ProviderProcess } from '../support/provider-process.ts';
import { RedfishService } from '../support/redfish-service/index.ts';
import { until } from '../support/until.ts';

const MAIN = join(import.meta.dirname, '../../cmd/ipmi/main.ts');
const PASSWORD = `pw-${process.pid}-secret`;

function body(service: RedfishService, over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    CommandSet: 'machines',
    Model: {},
    Params: {
      'ipmi/mode': 'redfish',
      'ipmi/address': service.address,
      'ipmi/port-redfish': service.port,
      'ipmi/username': 'admin',
      'ipmi/password': PASSWORD,
      'detected-bios-mode': 'uefi',
      'ipmi/virtual-media-url': 'http://images.example/install.iso',
      'ipmi/virtual-media-boot': true,
      ...over,
    },
  };
}

/** The command lines of all processes of this machine that we may see. */
async function commandLines(): Promise<string> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.join('\n');
}

test('the plugin does all redfish actions of its definition, and tells the password to nobody', async () => {
  await using service = await RedfishService.start({
    password: PASSWORD,
    systems: [{ tellsLastReset: true }],
  });
  await using provider = await ProviderProcess.start([process.execPath, MAIN]);
  const trace = { 'x-log-request': 'trace' };
  for (const [command, expected] of [
    ['mountVirtualMedia', 'Success'],
    ['statusVirtualMedia', { Inserted: true, Image: 'http://images.example/install.iso' }],
    ['poweron', 'On'],
    ['powerstatus', 'On'],
    ['powercycle', 'On'],
    ['poweroff', 'Off'],
    ['unmountVirtualMedia', 'Success'],
    ['nextbootcd', 'Success'],
    ['nextbootpxe', 'Success'],
    ['nextbootdisk', 'Success'],
    ['forcebootpxe', 'Success'],
    ['forcebootdisk', 'Success'],
    ['identify', 'Success'],
  ] as const) {
    const { status, json } = await provider.action(command, body(service), trace);
    assert.deepEqual([status, json], [200, expected], command);
  }
  for (const command of [
    'status',
    'getInfo',
    'getBios',
    'getMemory',
    'getStorage',
    'getSimpleStorage',
    'getProcessor',
    'getNetworkInterfaces',
    'getEthernetInterfaces',
    'getSecureBoot',
    'getBoot',
  ]) {
    const { status, json } = await provider.action(command, body(service), trace);
    assert.equal(status, 200, command);
    assert.ok(typeof json === 'object' && json !== null);
  }
  const refused = [
    await provider.action('solInfo', body(service), trace),
    await provider.action('poweron', body(service, { 'ipmi/username': 'nobody' }), trace),
    await provider.action('poweron', body(service, { 'ipmi/redfish-system': 'none' }), trace),
    await provider.action('poweron', body(service, { 'ipmi/ca': 'none' }), trace),
    await provider.action('poweron', body(service, { 'ipmi/wait-for-power': 3601 }), trace),
  ];
  assert.deepEqual(
    refused.map(({ status }) => status),
    [404, 403, 404, 400, 400],
  );
  assert.equal(service.system.starts[0]?.source, 'virtual CD');
  assert.deepEqual(service.violations, []);
  assert.equal(service.sessions.open, 0);
  const written = [
    JSON.stringify(provider.endpoint.posts),
    provider.stdout,
    provider.stderr,
    ...refused.map(({ text }) => text),
  ].join('\n');
  assert.ok(!written.includes(PASSWORD));
  assert.ok(!(await commandLines()).includes(PASSWORD));
});

test('a plugin that is stopped closes its sessions', async () => {
  await using service = await RedfishService.start({ password: PASSWORD });
  await using provider = await ProviderProcess.start([process.execPath, MAIN]);
  service.fault = ({ uri }) => (uri.endsWith('/Bios') ? 'hang' : undefined);
  const cancelled = provider.action('getBios', body(service));
  await until(() => service.requests.some(({ uri }) => uri.endsWith('/Bios')), 'the request');
  assert.equal(service.sessions.open, 1);
  await provider.post('stop');
  assert.equal((await cancelled).status, 503);
  assert.equal(service.sessions.open, 0);
  assert.equal((await provider.exited).code, 0);
});

test('of 64 services at once, one that is dead and one that hangs delay none of the others', async () => {
  const services = await Promise.all(
    Array.from({ length: 64 }, (_, index) =>
      RedfishService.start({ address: `127.0.8.${index + 1}`, password: PASSWORD }),
    ),
  );
  try {
    const [dead, hanging, ...live] = services;
    assert.ok(dead !== undefined && hanging !== undefined);
    dead.die();
    hanging.fault = () => 'hang';
    await using provider = await ProviderProcess.start([process.execPath, MAIN]);
    let hangs = true;
    const late = provider.action('poweron', body(hanging)).finally(() => {
      hangs = false;
    });
    const lost = await provider.action('poweron', body(dead));
    assert.equal(lost.status, 404);
    const answers = await Promise.all(live.map((service) => provider.action('poweron', body(service))));
    assert.ok(answers.every(({ status, json }) => status === 200 && json === 'On'));
    assert.ok(live.every(({ system, sessions }) => system.power === 'On' && sessions.open === 0));
    assert.ok(hangs, 'the one that hangs is still waited for');
    hanging.die();
    assert.equal((await late).status, 404);
  } finally {
    await Promise.all(services.map((service) => service[Symbol.asyncDispose]()));
  }
});
