import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEndpoint } from '../../lib/endpoint/index.ts';
import { Running } from './running-endpoint.ts';

test('an endpoint can be closed while it still looks at its providers', async () => {
  const { endpoint, root } = await Running.open({ providers: { cow: 'cow-provider.ts' } });
  await endpoint.close();
  const again = await startEndpoint({ root, port: 0, staticPort: 0 });
  await again.close();
  await again.ready;
  await rm(root, { recursive: true });
});

test('a first start that finds its port taken makes no password, since it could not be told', async () => {
  await using running = await Running.open();
  const port = Number(new URL(running.endpoint.url).port);
  const root = await mkdtemp(join(tmpdir(), 'endpoint-'));
  await assert.rejects(Running.open({ port, root }), /EADDRINUSE/);
  await using second = await Running.open({ root });
  assert.ok(second.endpoint.password);
});

test('a second endpoint in the folder of one that runs is refused, and the first keeps its plugins', async () => {
  await using running = await Running.open({ providers: { cow: 'cow-provider.ts' } });
  await assert.rejects(
    Running.open({ root: running.root }),
    /endpoint\.db is in use: another endpoint runs in/,
  );
  // At the same time, so that the plugin's socket is opened and not only an idle connection used.
  await Promise.all([1, 2, 3].map(() => running.ok('POST', 'system/actions/moo', {}, 200)));
});

test('clients that say nothing do not keep an endpoint from closing', async () => {
  const running = await Running.open();
  const silent = [running.endpoint.url, running.endpoint.fileServerUrl].map((url) =>
    connect(Number(new URL(url).port), '127.0.0.1'),
  );
  for (const socket of silent) {
    socket.on('error', () => {});
    await once(socket, 'connect');
  }
  const closed = silent.map((socket) => once(socket, 'close'));
  await running[Symbol.asyncDispose]();
  await Promise.all(closed);
});

test('an endpoint keeps idle connections for longer than clients do', async () => {
  await using running = await Running.open();
  const { headers } = await running.call('GET', 'info');
  const [, seconds] = /^timeout=(\d+)$/.exec(String(headers['keep-alive'])) ?? [];
  // 20 s in lib/api, 60 s in load balancers.
  assert.ok(Number(seconds) > 60, `keep-alive: ${headers['keep-alive']}`);
});

test('an endpoint listens on loopback, and elsewhere only when told', async () => {
  await using running = await Running.open();
  assert.equal(new URL(running.endpoint.url).hostname, '127.0.0.1');
  await using everywhere = await Running.open({ host: '0.0.0.0' });
  assert.equal(new URL(everywhere.endpoint.url).hostname, '127.0.0.1');
  assert.equal((await everywhere.call('GET', 'info')).status, 200);
});
