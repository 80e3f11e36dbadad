import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { binary } from '../support/binary.ts';
import { Drpkit, drpkit } from './drpkit.ts';

const command = [binary('drpkit')];

test('the executable has everything in it: the endpoint, its store, the client, the content tools', async () => {
  const root = await mkdtemp(join(tmpdir(), 'drpkit-built-'));
  try {
    assert.match((await drpkit(['version'], { command })).stdout, /^Version: v\d+\.\d+\.\d+/);
    const pack = join(import.meta.dirname, '../../content/incrementer');
    const file = join(root, 'pack.yaml');
    const bundled = await drpkit(['contents', 'bundle', file, '--dir', pack], { command });
    assert.deepEqual([bundled.code, bundled.stderr], [0, '']);

    const flags = ['--root', join(root, 'endpoint'), '--port', '0', '--static-port', '0'];
    await using endpoint = await Drpkit.start(['endpoint', ...flags], { command });
    await endpoint.printed(/Ctrl-C ends it/);
    const [url = ''] = /https:\S+\d/.exec(endpoint.stdout) ?? [];
    const [, password = ''] = /^Password: (\S+)/m.exec(endpoint.stdout) ?? [];
    const env = { RS_ENDPOINT: url, RS_KEY: `rocketskates:${password}` };
    const uploaded = await drpkit(['contents', 'upload', file, '-F', 'yaml'], { command, env });
    assert.match(uploaded.stdout, /^ {2}Name: incrementer$/m, uploaded.stderr);
    assert.match(await readFile(file, 'utf8'), /^ {2}Name: incrementer$/m);
    assert.equal((await endpoint.end('SIGTERM')).code, 0);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test('the demo of the executable takes the executables beside it', async () => {
  await using demo = await Drpkit.start(['demo'], { command });
  await demo.printed(/ok {3}powerstatus/);
  assert.match(demo.stdout, /^ {2}ipmi v\d\S+: poweron, /m);
  assert.equal((await demo.end('SIGINT')).code, 130);
});

test('a signal to the whole group, as a terminal sends it, ends the demo in order too', async () => {
  await using demo = await Drpkit.start(['demo'], { command, detached: true });
  await demo.printed(/ok {3}powerstatus/);
  const { pid } = demo.child;
  assert.ok(pid !== undefined);
  process.kill(-pid, 'SIGINT');
  const { code, stderr } = await demo.ended;
  assert.deepEqual({ code, stderr }, { code: 130, stderr: '' });
});

test('a long error arrives whole although the process ends with it', async () => {
  // More than a pipe holds, so that some of it is still to be written when the command has ended.
  const { code, stderr } = await drpkit(['x'.repeat(100_000)], {
    command: ['sh', '-c', '"$0" "$@" 2>&1 | cat >&2', ...command],
  });
  assert.equal(code, 0);
  assert.match(stderr, /^Error: unknown command "x{100000}" for "drpkit"\n/);
});
