import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client, type ClientOptions, ConflictError, equal, filter } from '../../lib/api/index.ts';
import { ModelError, type RawModel } from '../../lib/models/index.ts';
import { until } from '../support/until.ts';
import { providerScript, Running } from './running-endpoint.ts';

/** A client that trusts nothing but the endpoint's certificate. */
function clientOf({ endpoint, root }: Running, options: ClientOptions = {}): Client {
  const { url, token } = endpoint;
  return new Client({ endpoint: url, token, ca: join(root, 'server.crt'), ...options });
}

test('a client with user and password gets itself a token; one with a wrong password is refused', async () => {
  await using running = await Running.open();
  const { user, password } = running.endpoint;
  const client = clientOf(running, { token: undefined, user, password });
  const info = await client.info();
  assert.ok(info.features.includes('secure-param-upgrade'));
  assert.ok((await client.prefixes()).includes('machines'));
  client.close();
  const stranger = clientOf(running, { token: undefined, user, password: 'wrong', retryDelays: [] });
  await assert.rejects(stranger.info(), (error) => error instanceof ModelError && error.code === 403);
  stranger.close();
});

test('objects are made, read, changed, counted, listed page by page, and deleted', async () => {
  await using running = await Running.open();
  const client = clientOf(running);
  const machines = client.objects('machines');
  const first = await machines.create({ Name: 'm0' });
  for (const number of [1, 2, 3, 4]) await machines.create({ Name: `m${number}`, Description: 'more' });
  assert.equal(await machines.count({ where: { Description: 'more' } }), 4);
  const names = [];
  for await (const { Name } of machines.each({
    page: 2,
    sort: 'Name',
    where: { Name: filter.re('^m[0-3]$') },
  })) {
    names.push(Name);
  }
  assert.deepEqual(names, ['m0', 'm1', 'm2', 'm3']);
  const changed = await machines.patchTo(first, { ...first, Description: 'first' });
  assert.equal(changed.Description, 'first');
  await assert.rejects(machines.patchTo(first, { ...first, Description: 'other' }), ConflictError);
  await assert.rejects(machines.create({ Name: 'm0' }), { code: 422, message: /violates unique index Name/ });
  assert.equal((await machines.get('Name:m0')).Uuid, first.Uuid);
  assert.ok(await machines.exists(first.Uuid));
  assert.equal((await machines.put(first.Uuid, { ...changed, Description: 'put' })).Description, 'put');
  await machines.remove(first.Uuid);
  assert.ok(!(await machines.exists(first.Uuid)));
  client.close();
});

test('params are set, compared and set, sealed and opened', async () => {
  await using running = await Running.open();
  const client = clientOf(running);
  await client.objects('params').create({ Name: 'a/secret', Secure: true, Schema: { type: 'string' } });
  const { Uuid } = await client.objects('machines').create({ Name: 'm1' });
  const params = client.params('machines', Uuid);
  assert.equal(await params.get('x/y'), undefined);
  await params.add('x/y', 1);
  await assert.rejects(params.add('x/y', 2), ConflictError);
  await params.compareAndSet('x/y', 1, { deep: [2] });
  await assert.rejects(params.compareAndSet('x/y', 1, 3), ConflictError);
  await params.setSecure('a/secret', 'ssh');
  assert.notEqual(await params.get('a/secret'), 'ssh');
  assert.deepEqual(await params.all({ decode: true }), { 'x/y': { deep: [2] }, 'a/secret': 'ssh' });
  assert.deepEqual(await params.remove('x/y'), { deep: [2] });
  client.close();
});

test('a provider is uploaded, its actions are run, and its content is there', async () => {
  await using running = await Running.open();
  const client = clientOf(running);
  const program = Buffer.from(providerScript('cow-provider.ts'));
  assert.deepEqual(await client.pluginProviders().upload('cow', program), {
    path: 'cow',
    size: program.length,
  });
  await until(async () => (await client.systemActions().list()).length > 0, 'the plugin');
  assert.equal(await client.systemActions().run('moo'), 'global');
  const { Uuid } = await client.objects('machines').create({ Name: 'm1', Params: { 'cow/name': 'n' } });
  const actions = client.actions('machines', Uuid);
  const { params } = (await actions.run('milk', { 'cow/secret': 's' })) as RawModel;
  assert.deepEqual(params, { 'cow/name': 'n', 'cow/secret': 's', 'cow/count': 7 });
  await assert.rejects(actions.run('milk'), /Missing Parameter cow\/secret/);
  assert.equal((await client.contents().get('cow')).meta.Type, 'plugin');
  assert.equal((await client.objects('herds').get('first')).Place, 'Dallas');
  await client.pluginProviders().remove('cow');
  assert.deepEqual(await client.pluginProviders().list(), []);
  client.close();
});

test('a file goes up and comes down, and not again when it is the same', async () => {
  await using running = await Running.open();
  const client = clientOf(running);
  const folder = await mkdtemp(join(tmpdir(), 'blobs-'));
  const files = client.files();
  await files.upload('a/b.bin', Buffer.from('0123456789'));
  assert.deepEqual(await files.list('a'), ['b.bin']);
  const target = join(folder, 'b.bin');
  // What an interrupted download has left.
  await writeFile(`${target}.part`, '0123');
  await files.download('a/b.bin', target);
  assert.equal(await readFile(target, 'utf8'), '0123456789');
  await files.download('a/b.bin', target);
  await files.remove('a/b.bin');
  await assert.rejects(files.sum('a/b.bin'), (error) => error instanceof ModelError && error.code === 404);
  await rm(folder, { recursive: true });
  client.close();
});

test('a client waits for what becomes of an object', async () => {
  await using running = await Running.open();
  const client = clientOf(running);
  const machines = client.objects('machines');
  const { Uuid } = await machines.create({ Name: 'm1' });
  let complete = false;
  const waiting = client
    .waitFor('machines', 'Name:m1', equal('Description', 'done'), { timeout: 30_000 })
    .then((result) => {
      complete = true;
      return result;
    });
  await machines.patch(Uuid, [{ op: 'replace', path: '/Description', value: 'not yet' }]);
  assert.equal(complete, false);
  await machines.patch(Uuid, [{ op: 'replace', path: '/Description', value: 'done' }]);
  assert.equal(await waiting, 'complete');
  client.close();
});

/** Passes connections on to an endpoint, until it is told to cut them all. */
async function startRelay(target: string) {
  const { port, hostname } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    close() {
      cut();
      server.close();
    },
  };
}

test('a listener that is cut off in the middle of a burst is told, and ends with what the endpoint has', async () => {
  await using running = await Running.open();
  const relay = await startRelay(running.endpoint.url);
  const direct = clientOf(running);
  const listening = clientOf(running, { endpoint: relay.url });
  const stream = listening.events();
  await stream.register('machines.*.*');
  const state = new Map<string, string>();
  let gaps = 0;
  const refresh = async () => {
    for await (const { Uuid, Description } of direct.objects('machines').each()) state.set(Uuid, Description);
  };
  const consumer = (async () => {
    for await (const { event, gap } of stream) {
      if (gap !== undefined) {
        gaps += 1;
        await refresh();
      }
      const machine = event?.Object as RawModel | undefined;
      if (machine !== undefined) state.set(String(machine.Uuid), String(machine.Description));
    }
  })();
  const machines = direct.objects('machines');
  const wanted = new Map<string, string>();
  for (let number = 0; number < 60; number += 1) {
    const { Uuid } = await machines.create({ Name: `m${number}`, Description: 'new' });
    if (number === 30) relay.cut();
    await machines.patch(Uuid, [{ op: 'replace', path: '/Description', value: `changed ${number}` }]);
    wanted.set(Uuid, `changed ${number}`);
  }
  const sorted = (map: Map<string, string>) => [...map].sort();
  await until(() => gaps > 0, 'the gap');
  await until(() => JSON.stringify(sorted(state)) === JSON.stringify(sorted(wanted)), 'the same state');
  stream.close();
  await consumer;
  listening.close();
  direct.close();
  relay.close();
});

test('a request that meets an endpoint that is being started again is made once more', async () => {
  const first = await Running.open();
  const port = Number(new URL(first.endpoint.url).port);
  const client = clientOf(first, { retryDelays: Array.from({ length: 200 }, () => 50) });
  const { Uuid } = await client.objects('machines').create({ Name: 'm1' });
  await first.endpoint.close();
  const asked = client.objects('machines').get(Uuid);
  await using _second = await Running.open({ root: first.root, port });
  assert.equal((await asked).Name, 'm1');
  client.close();
});
