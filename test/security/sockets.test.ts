import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Drpkit, drpkit } from '../drpkit/drpkit.ts';
import { installProvider } from '../endpoint/running-endpoint.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';

const SAMPLE = join(import.meta.dirname, '../support/sample-plugin.ts');
const DRPKIT = join(import.meta.dirname, '../../cmd/drpkit/main.ts');
/** Nobody's user id. */
const NOBODY = 65_534;
const CONNECT = `require('net').connect(process.argv[1]).on('connect', () => process.exit(0)).on('error', (e) => { console.log(e.code); process.exit(1); })`;

/** Runs a command under a umask that takes nothing away. */
const open = (command: readonly string[]) => ['/bin/sh', '-c', 'umask 000; exec "$@"', 'sh', ...command];

/** What another user sees when he connects to a socket: an error code, or nothing when it takes him in. */
async function asNobody(socket: string): Promise<string> {
  const child = spawn(process.execPath, ['-e', CONNECT, socket], { uid: NOBODY, gid: NOBODY, cwd: '/' });
  const text = await child.stdout.setEncoding('utf8').toArray();
  return text.join('').trim();
}

const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

test('the inbound socket is its owner’s alone, whatever the umask', async (t) => {
  await using provider = await ProviderProcess.start(open([process.execPath, SAMPLE]));
  assert.equal(await mode(provider.toPlugin), '600');
  if (process.getuid?.() !== 0) return t.diagnostic('not run as root: nobody else could try');
  await chmod(provider.folder, 0o755);
  assert.equal(await asNobody(provider.toPlugin), 'EACCES');
});

test('sockets, store, keys and folders of the development endpoint are its owner’s, whatever the umask', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'modes-'));
  const root = join(folder, 'root');
  try {
    const args = ['endpoint', '--root', root, '--port', '0', '--static-port', '0'];
    await using endpoint = await Drpkit.start(args, {
      command: open([process.execPath, DRPKIT]),
      env: { TMPDIR: folder },
    });
    await endpoint.printed(/Ctrl-C/);
    await installProvider(root, 'sample', SAMPLE);
    const password = /Password: (\S+) /.exec(endpoint.stdout)?.[1] ?? '';
    const url = /serves (https:\S+),/.exec(endpoint.stdout)?.[1] ?? '';
    const env = { RS_ENDPOINT: url, RS_KEY: `rocketskates:${password}` };
    const found = async () => (await drpkit(['plugin_providers', 'show', 'sample'], { env })).code === 0;
    await until(found, 'the provider');
    const { code, stderr } = await drpkit(['plugins', 'create', '{"Name":"one","Provider":"sample"}'], {
      env,
    });
    assert.equal(code, 0, stderr);
    const sockets = (await readdir(folder)).find((name) => name.startsWith('drp-')) ?? '';
    const inside = () => readdir(join(folder, sockets));
    await until(async () => (await inside()).length === 2, 'the sockets');
    assert.equal(await mode(join(folder, sockets)), '700');
    for (const name of await inside()) {
      await until(async () => (await mode(join(folder, sockets, name))) === '600', `the mode of ${name}`);
    }
    assert.equal(await mode(root), '700');
    for (const name of ['endpoint.db', 'endpoint.db-wal', 'server.key'])
      assert.equal(await mode(join(root, name)), '600');
    for (const name of ['plugins', 'tftpboot', 'tftpboot/files', 'tftpboot/isos'])
      assert.equal(await mode(join(root, name)), '755');
    assert.equal(await mode(join(root, 'plugin-tmp')), '700');
    if (process.getuid?.() !== 0) return t.diagnostic('not run as root: nobody else could try');
    await chmod(folder, 0o755);
    for (const name of await inside()) assert.equal(await asNobody(join(folder, sockets, name)), 'EACCES');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('what others have put into log lines, errors and tables cannot steer a terminal', async () => {
  const evil = 'a\u001b[2J\u0007\u009b1m\rb';
  const shown = 'a\\x1b[2J\\x07\\x9b1m\\x0db';
  const { stderr } = await drpkit([evil]);
  assert.ok(stderr.includes(shown), JSON.stringify(stderr));
  const { tableText } = await import('../../cmd/drpkit/output/table.ts');
  const look = { fields: [], header: true, length: 100 };
  for (const format of ['text', 'table']) {
    const text = tableText([{ Name: evil, Lines: 'x\r\ny' }], { ...look, format });
    assert.ok(text.includes(shown) && !text.includes('\u001b'), JSON.stringify(text));
  }
});
