import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveDockerPlugin } from '../../lib/docker/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { drpkit } from './drpkit.ts';

test('drpkit docker: plugins are listed and called', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'docker-'));
  const inFolder = (name: string) => join(folder, name);
  const volumeDriver = {
    create() {},
    remove() {},
    mount: () => ({ Mountpoint: '/' }),
    unmount() {},
    path: () => ({ Mountpoint: '/' }),
    get({ Name }: { Name: string }) {
      if (Name !== 'one') throw new ModelError(404, `there is no ${Name}`);
      return { Volume: { Name } };
    },
    list: () => ({ Volumes: [] }),
  };
  const plugin = await serveDockerPlugin({ name: 'ours', volumeDriver }, { socket: inFolder('ours.sock') });
  const odd = createServer((_, answer) => answer.end('{"Err": "not today"}')).listen(inFolder('odd.sock'));
  await writeFile(inFolder('broken.spec'), 'nowhere');
  const run = (...args: string[]) => drpkit(['docker', ...args, '--sockets', folder, '--specs', folder]);
  try {
    await t.test('with what they are part of, or why they cannot be asked', async () => {
      const { code, stdout, stderr } = await run('plugins');
      assert.deepEqual([code, stderr], [0, '']);
      assert.deepEqual(JSON.parse(stdout), [
        {
          Name: 'broken',
          Error: 'broken.spec: expected unix://PATH, tcp://HOST:PORT, http:// or https://',
        },
        { Name: 'odd', Address: `unix://${inFolder('odd.sock')}`, Implements: [] },
        { Name: 'ours', Address: `unix://${inFolder('ours.sock')}`, Implements: ['VolumeDriver'] },
      ]);
    });
    await t.test('by name or address, with JSON or none', async () => {
      const got = await run('call', 'ours', 'VolumeDriver.Get', '{"Name": "one"}');
      assert.deepEqual(JSON.parse(got.stdout), { Volume: { Name: 'one' } });
      const listed = await run('call', `unix://${inFolder('ours.sock')}`, 'VolumeDriver.List');
      assert.deepEqual(JSON.parse(listed.stdout), { Volumes: [] });
    });
    await t.test('with either kind of error', async () => {
      for (const [args, words] of [
        [['ours', 'VolumeDriver.Get', '{"Name": "two"}'], 'VolumeDriver.Get: there is no two'],
        [['odd', 'VolumeDriver.List'], 'VolumeDriver.List: not today'],
        [['nosuch', 'VolumeDriver.List'], 'docker plugins/nosuch: plugin not found'],
      ] as const) {
        const { code, stderr } = await run('call', ...args);
        assert.deepEqual([code, stderr], [1, `Error: ${words}\n`]);
      }
    });
  } finally {
    odd.close();
    await plugin.close();
    await rm(folder, { recursive: true });
  }
});
