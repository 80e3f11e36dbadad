import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { installProvider } from '../endpoint/running-endpoint.ts';
import { Drpkit, drpkit } from './drpkit.ts';

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'drpkit-root-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const start = (root: string) =>
  Drpkit.start(['endpoint', '--root', root, '--port', '0', '--static-port', '0']);

function announced({ stdout }: Drpkit) {
  return {
    url: /https:\/\/127\.0\.0\.1:\d+/.exec(stdout)?.[0] ?? '',
    user: /^User: (\S+)$/m.exec(stdout)?.[1] ?? '',
    password: /^Password: (\S+) \(shown only now\)$/m.exec(stdout)?.[1],
  };
}

test('the endpoint says where it is, and its password at the first start only', async () => {
  await using root = await temporaryFolder();
  const folder = join(root.path, 'new');
  await using first = await start(folder);
  await first.printed(/Ctrl-C ends it/);
  const { url, user, password = '' } = announced(first);
  assert.equal(user, 'rocketskates');
  assert.match(first.stdout, new RegExp(`^The inspector, a page to look at it: ${url}/ui/$`, 'm'));
  assert.match(password, /^\S{12,}$/);
  const env = { RS_KEY: `${user}:${password}` };
  const created = await drpkit(['-E', url, 'profiles', 'create', 'kept'], { env });
  assert.equal(created.code, 0, created.stderr);
  const ended = await first.end('SIGTERM');
  assert.deepEqual([ended.code, ended.signal], [0, null]);

  await using second = await start(folder);
  await second.printed(/Ctrl-C ends it/);
  assert.equal(announced(second).password, undefined);
  assert.doesNotMatch(second.stdout + second.stderr, new RegExp(password));
  const kept = await drpkit(['-E', announced(second).url, 'profiles', 'exists', 'kept'], { env });
  assert.equal(kept.code, 0, kept.stderr);
  assert.match(second.stdout, /delete endpoint\.db and start anew/);
  assert.equal((await second.end('SIGINT')).code, 0);

  for (const name of await readdir(folder)) {
    if (!name.startsWith('endpoint.db')) continue;
    assert.ok(!(await readFile(join(folder, name))).includes(password), `the password is not in ${name}`);
  }

  await rm(join(folder, 'endpoint.db'));
  await using third = await start(folder);
  await third.printed(/Ctrl-C ends it/);
  assert.match(announced(third).password ?? '', /^\S{12,}$/);
});

test('the log of the endpoint and its plugins is readable, and the plugins end with it', async () => {
  await using root = await temporaryFolder();
  await installProvider(root.path, 'cow', join(import.meta.dirname, '../endpoint/cow-provider.ts'));
  await using endpoint = await start(root.path);
  await endpoint.printed(/^\d\d:\d\d:\d\d\.\d{3} info {2}cow: configured with /m);
  const { code, stderr } = await endpoint.end('SIGTERM');
  assert.equal(code, 0);
  assert.match(stderr, /^\d\d:\d\d:\d\d\.\d{3} info {2}cow: .*stopped/m);
});

test('an endpoint that cannot start says why', async () => {
  await using root = await temporaryFolder();
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => taken.once('listening', done));
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? String(address.port) : '';
  const file = join(root.path, 'file');
  await writeFile(file, '');
  try {
    const [inUse, noFolder, noRoot, noPort] = await Promise.all([
      drpkit(['endpoint', '--root', join(root.path, 'a'), '--port', port, '--static-port', '0']),
      drpkit(['endpoint', '--root', file]),
      drpkit(['endpoint']),
      drpkit(['endpoint', '--root', join(root.path, 'b'), '--port', '70000']),
    ]);
    assert.match(
      inUse.stderr,
      /^Error: Port \d+ is in use: choose others with --port and --static-port, 0 for any\n$/,
    );
    assert.match(noFolder.stderr, /^Error: Cannot start the endpoint: .*file.*\n$/);
    assert.equal(noRoot.stderr, 'Error: root: needed, the folder of the endpoint (--root DIR)\n');
    assert.equal(noPort.stderr, 'Error: port: expected a port from 0 to 65535, found 70000\n');
    assert.deepEqual(
      [inUse, noFolder, noRoot, noPort].map(({ code, stdout }) => [code, stdout]),
      Array(4).fill([1, '']),
    );
  } finally {
    taken.close();
  }
});
