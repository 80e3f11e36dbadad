import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { callContainerPlugin, readPluginToml } from '../../lib/core0/index.ts';
import { encodeLogEntry, PluginClient, readLogEntries } from '../../lib/docker/index.ts';
import { Running } from '../endpoint/running-endpoint.ts';
import { binary } from '../support/binary.ts';
import { endpointRoot } from '../support/endpoint-root.ts';
import { until } from '../support/until.ts';

test('one executable counts for dr-provision, for 0-core and for Docker', async (t) => {
  const path = binary('incrementer');
  const root = await endpointRoot('hosts-');
  await mkdir(join(root, 'plugins'));
  await writeFile(join(root, 'plugins/incrementer'), `#!/bin/sh\nexec '${path}' "$@"\n`, { mode: 0o700 });
  await using running = await Running.open({ root });
  const uuid = '3e7031fc-3062-45f1-835c-92541bc9cbd3';
  await running.ok('POST', 'machines', { Name: 'counted', Uuid: uuid });
  const ca = join(running.root, 'ca.pem');
  await writeFile(ca, running.endpoint.certificate);
  const env = { RS_ENDPOINT: running.endpoint.url, RS_TOKEN: running.endpoint.token, RS_CA_CERT: ca };
  const count = async () => (await running.ok('GET', `machines/${uuid}`)).Params;

  await t.test('as a provider: the action', async () => {
    await running.ok('POST', 'plugins', { Name: 'incrementer', Provider: 'incrementer' });
    const run = () => running.call('POST', `machines/${uuid}/actions/increment`, { body: {} });
    await until(async () => (await run()).status === 200, 'the plugin to start');
    assert.deepEqual(await count(), { 'incrementer/default': 1, 'incrementer/touched': 1 });
  });

  await t.test('as a container plugin: the command', async () => {
    const call = (args: object) => callContainerPlugin(path, 'increment', args, { env });
    assert.equal(await call({ machine: uuid }), 2);
    assert.equal(await call({ machine: uuid, step: 5 }), 7);
    await assert.rejects(call({ machine: 'counted' }), { message: /expected a UUID, found "counted"/ });
    await assert.rejects(callContainerPlugin(path, 'decrement', {}, { env }), {
      message: /unknown command: decrement/,
    });
    const toml = readPluginToml(await readFile(`${path}.plugin.toml`, 'utf8'));
    assert.deepEqual(toml.get('incrementer')?.exports, ['increment']);
  });

  await t.test('as a plugin of Docker: the log driver', async () => {
    const [socket, fifo] = [join(running.root, 'incrementer.sock'), join(running.root, 'fifo')];
    execFileSync('mkfifo', [fifo]);
    const child = spawn(path, ['docker', socket], { env, stdio: 'ignore' });
    const ended = once(child, 'close');
    try {
      await until(() => existsSync(socket), 'the plugin to serve');
      assert.equal((await stat(socket)).mode & 0o777, 0o600);
      const client = new PluginClient({ name: 'incrementer', address: `unix://${socket}` });
      assert.deepEqual(await client.call('Plugin.Activate'), { Implements: ['LogDriver'] });
      const Info = { ContainerID: 'c', Config: { machine: uuid } };
      await client.call('LogDriver.StartLogging', { File: fifo, Info });
      const writer = await open(fifo, 'w');
      for (const line of ['one', 'two', 'three'])
        await writer.write(
          encodeLogEntry({ source: 'stdout', timeNano: 0n, line: Buffer.from(line), partial: false }),
        );
      await client.call('LogDriver.StopLogging', { File: fifo });
      await writer.close();
      const lines = [];
      for await (const { line } of readLogEntries(
        await client.stream('LogDriver.ReadLogs', { Info, Config: {} }),
      ))
        lines.push(Buffer.from(line).toString());
      assert.deepEqual(lines, ['10\n']);
      assert.deepEqual(await count(), { 'incrementer/default': 10, 'incrementer/touched': 1 });
    } finally {
      child.kill('SIGTERM');
    }
    assert.deepEqual(await ended, [0, null]);
    assert.ok(!existsSync(socket));
  });
});
