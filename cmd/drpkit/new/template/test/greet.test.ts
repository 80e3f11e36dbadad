import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from 'drp-plugins/api';
import { type RunningEndpoint, startEndpoint } from 'drp-plugins/endpoint';

let root = '';
let endpoint: RunningEndpoint;
let api: Client;
let machine = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'NAME-'));
  await mkdir(join(root, 'plugins'));
  // The provider from its source, in the place of the executable.
  const main = join(import.meta.dirname, '../cmd/NAME/main.ts');
  const script = `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`;
  await writeFile(join(root, 'plugins', 'NAME'), script, { mode: 0o755 });
  endpoint = await startEndpoint({
    root,
    port: 0,
    staticPort: 0,
    // Says why a provider was not found, or a plugin did not start.
    onLog: ({ Level, Service, Message }) => {
      if (Level === 'warn' || Level === 'error') console.error(`${Service}: ${Message}`);
    },
  });
  await endpoint.ready;
  api = new Client({ endpoint: endpoint.url, token: endpoint.token });
  machine = String((await api.objects('machines').create({ Name: 'web1' })).Uuid);
});

after(async () => {
  api.close();
  await endpoint.close();
  await rm(root, { recursive: true, force: true });
});

test('a machine is greeted', async () => {
  assert.equal(await api.actions('machines', machine).run('greet'), 'Hello, web1!');
});

test('the greeting can be chosen', async () => {
  assert.equal(await api.actions('machines', machine).run('greet', { 'NAME/greeting': 'Ahoy' }), 'Ahoy, web1!');
});

test('a greeting that is no text is refused', async () => {
  await assert.rejects(api.actions('machines', machine).run('greet', { 'NAME/greeting': 7 }), /NAME\/greeting/);
});
