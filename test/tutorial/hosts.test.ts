import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { callContainerPlugin } from '../../lib/core0/index.ts';
import { encodeLogEntry, PluginClient } from '../../lib/docker/index.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const PROJECT = join(import.meta.dirname, '../..');

test('the examples of docs/hosts.md compile and do what they say', async () => {
  const text = await readFile(join(PROJECT, 'docs/hosts.md'), 'utf8');
  const examples = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code);
  assert.equal(examples.length, 2);
  // In this project, so that they find the kit by its name.
  await mkdir(join(PROJECT, '.build'), { recursive: true });
  const folder = await mkdtemp(join(PROJECT, '.build/docs-'));
  const elsewhere = await mkdtemp(join(tmpdir(), 'docs-'));
  const [container = '', driver = ''] = ['container', 'driver'].map((name) => join(folder, `${name}.ts`));
  try {
    await writeFile(container, examples[0] ?? '');
    await writeFile(driver, examples[1] ?? '');
    await writeFile(join(folder, 'tsconfig.json'), '{"extends": "../../tsconfig.json", "include": ["."]}');
    await run(join(PROJECT, 'node_modules/.bin/tsc'), ['--noEmit', '-p', folder]);

    const path = join(folder, 'container');
    await writeFile(path, `#!/bin/sh\nexec '${process.execPath}' '${container}' "$@"\n`, { mode: 0o700 });
    assert.equal(await callContainerPlugin(path, 'add', { a: 40, b: 2 }), 42);
    await assert.rejects(callContainerPlugin(path, 'add', { a: 40 }), { message: /property 'b'/ });

    const [socket, fifo, log] = ['socket', 'fifo', 'log'].map((name) => join(elsewhere, name)) as [
      string,
      string,
      string,
    ];
    await run('mkfifo', [fifo]);
    const child = spawn(process.execPath, [driver, socket], { stdio: 'ignore' });
    try {
      await until(() => existsSync(socket), 'the plugin to serve');
      const client = new PluginClient({ name: 'filelog', address: `unix://${socket}` });
      const Info = { ContainerName: '/web', Config: { file: log } };
      await client.call('LogDriver.StartLogging', { File: fifo, Info });
      const writer = await open(fifo, 'w');
      await writer.write(
        encodeLogEntry({ source: 'stdout', timeNano: 0n, line: Buffer.from('hello'), partial: false }),
      );
      await client.call('LogDriver.StopLogging', { File: fifo });
      await writer.close();
      assert.equal(await readFile(log, 'utf8'), '/web hello\n');
    } finally {
      child.kill();
    }
  } finally {
    await rm(folder, { recursive: true });
    await rm(elsewhere, { recursive: true });
  }
});
