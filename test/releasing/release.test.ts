import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { appendFile, link, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { createZstdDecompress } from 'node:zlib';
import { downloadItem, fetchCatalog, findItem } from '../../lib/catalog/index.ts';
import { nativeTarget } from '../../scripts/packaging/target.ts';
import { makeRelease } from '../../scripts/releasing/release.ts';
import { NAMESPACE } from '../../scripts/releasing/sign.ts';
import { writeProvider } from '../catalog/provider-script.ts';

const run = promisify(execFile);
const target = nativeTarget();
const [os = '', arch = ''] = target.name.split('/');
const suffix = `${os}-${arch}.tar.zst`;

const noKeygen = spawnSync('ssh-keygen', ['-?']).error !== undefined;

suite('a release', { skip: noKeygen && 'needs ssh-keygen' }, () => {
  let root = '';
  let out = '';
  let key = '';
  const said: string[] = [];

  const make = (folder: string, signed: boolean) =>
    makeRelease({
      bin: join(root, 'bin'),
      out: folder,
      targets: [target],
      providers: ['cow'],
      tools: ['tool', 'twin'],
      documents: [join(root, 'LICENSE')],
      time: 1_700_000_000,
      url: undefined,
      key: signed ? key : undefined,
      report: (line) => said.push(line),
      signal: new AbortController().signal,
    });

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'release-'));
    out = join(root, 'release');
    key = join(root, 'key');
    const folder = join(root, 'bin', target.name);
    await mkdir(folder, { recursive: true });
    await writeProvider(join(folder, 'cow'), { name: 'cow', version: 'v1.0.0' });
    // Longer than a block of an archive, and no multiple of one.
    await writeFile(join(folder, 'tool'), `#!/bin/sh\nexit 1\n${'#'.repeat(700)}`, { mode: 0o755 });
    await writeFile(join(folder, 'tool.plugin.toml'), 'main = "x"\n');
    await link(join(folder, 'tool'), join(folder, 'twin'));
    await writeFile(join(root, 'bin', 'SBOM.cdx.json'), '{}');
    await writeFile(join(root, 'LICENSE'), 'Apache-2.0\n');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'of the test', '-f', key]);
    await make(out, true);
  });
  after(() => rm(root, { recursive: true, force: true }));

  /** As users are told to. */
  const verify = async () => {
    const signers = join(root, 'allowed_signers');
    await writeFile(signers, `releases ${await readFile(`${key}.pub`, 'utf8')}`);
    const sums = join(out, 'SHA256SUMS');
    const names = ['-Y', 'verify', '-f', signers, '-I', 'releases', '-n', NAMESPACE, '-s', `${sums}.sig`];
    const child = spawn('ssh-keygen', names, { stdio: ['pipe', 'ignore', 'pipe'] });
    // One that refuses the signature need not read all of it.
    child.stdin.on('error', () => {});
    createReadStream(sums).pipe(child.stdin);
    const [[code], errors] = await Promise.all([once(child, 'close'), text(child.stderr)]);
    return { code, errors };
  };

  test('has sums of all its files, which sha256sum finds to be right', async () => {
    const { stdout } = await run('sha256sum', ['-c', '--strict', 'SHA256SUMS'], { cwd: out });
    assert.deepEqual(stdout.trim().split('\n'), [
      'LICENSE: OK',
      'SBOM.cdx.json: OK',
      `providers-${suffix}: OK`,
      'rebar-catalog/rackn-catalog.json: OK',
      `tools-${suffix}: OK`,
    ]);
    const rest = (await readdir(out)).filter((name) => !stdout.includes(name));
    assert.deepEqual(rest, ['SHA256SUMS', 'SHA256SUMS.sig']);
  });

  test('has archives in which each file is once, and its other names are hard links', async () => {
    const unpacked = join(root, 'unpacked');
    await mkdir(unpacked);
    const packed = createReadStream(join(out, `tools-${suffix}`));
    const child = spawn('tar', ['-xf', '-'], { cwd: unpacked, stdio: ['pipe', 'ignore', 'inherit'] });
    const ended = once(child, 'close');
    await pipeline(packed, createZstdDecompress(), child.stdin);
    assert.deepEqual(await ended, [0, null]);
    assert.deepEqual((await readdir(unpacked)).sort(), ['LICENSE', 'tool', 'tool.plugin.toml', 'twin']);
    const [tool, twin] = await Promise.all(['tool', 'twin'].map((name) => stat(join(unpacked, name))));
    assert.ok(tool && twin);
    assert.equal(tool.ino, twin.ino);
    assert.deepEqual([tool.mode & 0o777, tool.mtimeMs], [0o755, 1_700_000_000_000]);
    const original = join(root, 'bin', target.name, 'tool');
    assert.deepEqual(await readFile(join(unpacked, 'tool')), await readFile(original));
  });

  test('has a catalog whose files lie beside it', async () => {
    const catalog = await fetchCatalog(join(out, 'rebar-catalog', 'rackn-catalog.json'));
    const item = findItem(catalog, 'cow', 'stable');
    assert.equal(item.Source, 'cow/v1.0.0');
    const got = join(root, 'got');
    await downloadItem(catalog, item, { arch, os }, got);
    assert.deepEqual(await readFile(got), await readFile(join(root, 'bin', target.name, 'cow')));
  });

  test('has the same bytes whenever it is made, and says when it is not signed', async () => {
    const again = join(root, 'again');
    await make(again, false);
    assert.equal(
      await readFile(join(again, 'SHA256SUMS'), 'utf8'),
      await readFile(join(out, 'SHA256SUMS'), 'utf8'),
    );
    assert.ok(!(await readdir(again)).includes('SHA256SUMS.sig'));
    assert.deepEqual(said.at(-1), 'SHA256SUMS: not signed, no --key was given');
  });

  test('is signed so that ssh-keygen verifies it, and a change of a sum shows', async () => {
    assert.deepEqual(await verify(), { code: 0, errors: '' });
    await appendFile(join(out, 'SHA256SUMS'), `${'0'.repeat(64)}  more\n`);
    const { code, errors } = await verify();
    assert.notEqual(code, 0);
    assert.match(errors, /incorrect signature/);
  });

  test('is not signed where there is no such key', async () => {
    await assert.rejects(
      (async () => {
        key = join(root, 'none');
        await make(join(root, 'third'), true);
      })(),
      /ssh-keygen could not sign .*SHA256SUMS with .*none$/,
    );
  });
});
