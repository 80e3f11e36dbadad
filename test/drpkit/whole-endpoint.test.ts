import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { strFromU8, unzipSync } from 'fflate';
import { serviceStatus } from '../../cmd/drpkit/commands/service-status.ts';
import type { Info } from '../../lib/api/index.ts';
import { Running } from '../endpoint/running-endpoint.ts';
import { ApiStandIn } from './api-stand-in.ts';
import { Runner } from './runner.ts';

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'drpkit-work-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test('info status says which services answer', async () => {
  await using running = await Running.open();
  using drpkit = new Runner({ RS_ENDPOINT: running.endpoint.url, RS_TOKEN: running.endpoint.token });
  const { API, Static, TFTP } = (await drpkit.json('info', 'status')) as Record<string, object>;
  assert.deepEqual(API, { Enabled: true, Alive: true, Port: Number(new URL(running.endpoint.url).port) });
  assert.deepEqual(Static, {
    Enabled: true,
    Alive: true,
    Port: Number(new URL(running.endpoint.fileServerUrl).port),
  });
  assert.partialDeepStrictEqual(TFTP, { Enabled: false, Alive: false });
});

test('services over UDP are asked in their own protocol', async () => {
  const server = createSocket('udp4', (packet, { port }) => {
    // A read request of TFTP gets "not found", a request of DHCP is refused.
    const isTftp = packet.readUInt16BE(0) === 1;
    const refusal = Buffer.concat([packet.subarray(0, 240), Buffer.from([53, 1, 6, 255])]);
    server.send(isTftp ? Buffer.from([0, 5, 0, 1, 0x78, 0]) : refusal, port, '127.0.0.1');
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  const info = {
    api_port: 1,
    file_port: 2,
    prov_enabled: true,
    tftp_enabled: true,
    tftp_port: port,
    dhcp_enabled: true,
    dhcp_port: port,
  };
  try {
    assert.deepEqual(await serviceStatus(info as unknown as Info, '127.0.0.1'), {
      API: { Enabled: true, Alive: true, Port: 1 },
      BINL: { Enabled: false, Alive: false, Port: 0 },
      DHCP: { Enabled: true, Alive: true, Port: port },
      Static: { Enabled: true, Alive: false, Port: 2 },
      TFTP: { Enabled: true, Alive: true, Port: port },
    });
  } finally {
    server.close();
  }
});

test('preferences are listed, and set from pairs and from an object; all are texts', async () => {
  await using api = await ApiStandIn.open({ 'GET prefs': { defaultStage: 'none' } });
  using drpkit = new Runner(api.env);
  assert.deepEqual(await drpkit.json('prefs', 'list'), { defaultStage: 'none' });
  api.taken();
  await drpkit.json('prefs', 'set', 'knownTokenTimeout', '3600', 'defaultStage', 'x');
  await drpkit.json('prefs', 'set', '{knownTokenTimeout: 3600, defaultStage: x}');
  const set = { what: 'POST prefs', body: { knownTokenTimeout: '3600', defaultStage: 'x' } };
  assert.deepEqual(api.taken(), [set, set]);
  assert.equal(
    await drpkit.error('prefs', 'set', 'a', 'b', 'c'),
    'Error: prefs set either takes a single argument or a multiple of two, not 3',
  );
});

test('preferences of a development endpoint are kept', async () => {
  await using running = await Running.open();
  using drpkit = new Runner({ RS_ENDPOINT: running.endpoint.url, RS_TOKEN: running.endpoint.token });
  await drpkit.json('prefs', 'set', 'knownTokenTimeout', '7200');
  assert.partialDeepStrictEqual(await drpkit.json('prefs', 'list'), {
    defaultStage: 'none',
    knownTokenTimeout: '7200',
  });
  assert.match(await drpkit.error('prefs', 'set', 'milk', 'x'), /milk$/);
});

test('debug data are saved to a file, which is whole or not there', async () => {
  await using folder = await temporaryFolder();
  await using api = await ApiStandIn.open({
    'GET debug/profile?seconds=30': 'samples',
    'GET drp_debug/index/machines': 'stacks',
  });
  using drpkit = new Runner(api.env, folder.path);
  const { code, stderr } = await drpkit.run(['debug', 'profile', 'cpu.pprof']);
  assert.deepEqual(
    { code, stderr },
    { code: 0, stderr: 'Gathering profile debug data for 30 seconds to cpu.pprof\nDone\n' },
  );
  assert.equal(await readFile(join(folder.path, 'cpu.pprof'), 'utf8'), 'samples');
  assert.equal((await drpkit.run(['debug', 'index', 'i', '--prefix', 'machines'])).code, 0);
  assert.equal((await drpkit.run(['debug', 'heap', 'heap.pprof'])).code, 1);
  assert.match(
    await drpkit.error('debug', 'milk', 'x'),
    /^Error: Unknown debug type milk: expected allocs, /,
  );
  assert.deepEqual((await readdir(folder.path)).sort(), ['cpu.pprof', 'i']);
});

test('archives for support have what can be had, without secrets', async () => {
  await using folder = await temporaryFolder();
  await using api = await ApiStandIn.open({
    'GET info': { id: 'e1' },
    'GET prefs': { baseTokenSecret: 'moo', defaultStage: 'none' },
    'GET plugins': [{ Name: 'cow' }],
    'GET machines/web1?aggregate=true': { Uuid: 'm1', Name: 'web1', Secret: 'moo' },
    'GET jobs/j1/log': 'moo',
  });
  using drpkit = new Runner(api.env, folder.path);
  const archive = async (...argv: string[]) => {
    const [, name = ''] = /^Saved (\S+\.zip)$/m.exec(await drpkit.text(...argv)) ?? [];
    const entries = Object.entries(unzipSync(await readFile(join(folder.path, name))));
    return Object.fromEntries(entries.map(([path, bytes]) => [path, strFromU8(bytes)]));
  };
  const bundle = await archive('support', 'bundle');
  assert.deepEqual(JSON.parse(bundle['bundle/prefs.json'] ?? ''), {
    baseTokenSecret: '***',
    defaultStage: 'none',
  });
  assert.deepEqual(JSON.parse(bundle['bundle/plugins.json'] ?? ''), [{ Name: 'cow' }]);
  // The stand-in has none.
  assert.match(bundle['bundle/logs.json'] ?? '', /Not Found/);
  const machine = await archive('support', 'machine-bundle', 'web1');
  // Nor jobs.
  assert.deepEqual(Object.keys(machine), ['bundle/machine-m1.json', 'bundle/jobs.json']);
  assert.deepEqual(JSON.parse(machine['bundle/machine-m1.json'] ?? ''), {
    Uuid: 'm1',
    Name: 'web1',
    Secret: '***',
  });
});
