import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PluginProvider } from '../../lib/models/index.ts';
import { execSource } from '../support/quick-start.ts';
import { Client } from './client.ts';

test('plugin providers are uploaded, listed, shown and destroyed', async () => {
  await using client = await Client.open();
  const file = join(client.running.root, 'calf');
  const source = join(import.meta.dirname, '../endpoint/cow-provider.ts');
  await writeFile(file, `#!/bin/sh\n${execSource(source)}\n`, { mode: 0o755 });

  const names = async () =>
    ((await client.json(['plugin_providers', 'list'])) as PluginProvider[]).map(({ Name }) => Name);
  assert.deepEqual(await names(), ['cow']);
  const shown = (await client.json(['plugin_providers', 'show', 'cow'])) as PluginProvider;
  assert.equal(shown.Name, 'cow');

  assert.equal(await client.text(['plugin_providers', 'destroy', 'cow']), 'Deleted plugin_provider cow\n');
  assert.deepEqual(await names(), []);
  const uploaded = await client.json(['plugin_providers', 'upload', 'cow', 'from', file]);
  assert.equal((uploaded as { path: string }).path, 'cow');
  assert.deepEqual(await names(), ['cow']);

  const [missing, create, arguments_] = await Promise.all([
    client.error(['plugin_providers', 'upload', join(client.running.root, 'nofile')]),
    client.error(['plugin_providers', 'create', '{}']),
    client.error(['plugin_providers', 'upload', 'a', 'b']),
  ]);
  assert.match(missing, /^Error: Error opening .*nofile: Must specify a file or url$/m);
  assert.match(create, /^Error: unknown command "create" for "drpkit plugin_providers"\n/);
  assert.match(arguments_, /^Error: .* requires 1 or 2 arguments\nUsage:\n/);
});
