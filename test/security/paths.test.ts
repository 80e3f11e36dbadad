import assert from 'node:assert/strict';
import { lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { readStore, unbundle } from '../../lib/content/index.ts';
import { startEndpoint } from '../../lib/endpoint/index.ts';
import { makeFolder } from '../../lib/files/index.ts';
import { definePlugin } from '../../lib/plugin/index.ts';
import { unpack } from '../../lib/plugin/unpack.ts';
import { drpkit } from '../drpkit/drpkit.ts';

describe('folders that names from elsewhere cannot leave', () => {
  let root = '';
  let outside = '';
  beforeEach(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'paths-')));
    outside = join(root, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'secret'), 'hidden');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function nothingCameOut(): Promise<void> {
    assert.deepEqual(await readdir(outside), ['secret']);
    assert.equal(await readFile(join(outside, 'secret'), 'utf8'), 'hidden');
  }

  /** A provider that unpacks one file. */
  const unpacking = (path: string) =>
    definePlugin({ name: 'p', summary: 'p', actions: {}, unpack: ({ write }) => write(path, 'unpacked') });

  test('unpack: links in the target folder are not followed, and one in the place of a file is replaced', async () => {
    const target = join(root, 'files');
    await mkdir(join(target, 'deep'), { recursive: true });
    await symlink(outside, join(target, 'link'));
    await symlink('../link', join(target, 'deep/detour'));
    await symlink(join(outside, 'secret'), join(target, 'file'));
    await symlink(join(outside, 'new'), join(target, 'nowhere'));
    for (const path of ['link/secret', 'link/new', 'deep/detour/new', 'nowhere/new'])
      await assert.rejects(unpack(unpacking(path), target), path);
    for (const path of ['file', 'nowhere']) {
      await unpack(unpacking(path), target);
      assert.ok((await lstat(join(target, path))).isFile());
    }
    await nothingCameOut();
  });

  test('unpack: a name with NUL is refused, and backslashes are a part of names', async () => {
    const target = join(root, 'files');
    await assert.rejects(unpack(unpacking('a\0b'), target), { code: 'ERR_INVALID_ARG_VALUE' });
    await unpack(unpacking('..\\..\\x'), target);
    assert.deepEqual(await readdir(target), ['..\\..\\x']);
    assert.deepEqual((await readdir(root)).sort(), ['files', 'outside']);
  });

  test('a content pack takes in nothing that links lead to outside of it', async () => {
    const pack = join(root, 'pack');
    await mkdir(join(pack, 'templates'), { recursive: true });
    await mkdir(join(pack, 'common'));
    await writeFile(join(pack, 'common/inner.tmpl'), 'inner');
    await symlink(join(outside, 'secret'), join(pack, 'templates/absolute'));
    await symlink('../../outside/secret', join(pack, 'templates/relative'));
    await symlink('../common/inner.tmpl', join(pack, 'templates/inner.tmpl'));
    await symlink(join(outside, 'secret'), join(pack, '._Documentation.meta'));
    await symlink(outside, join(pack, 'params'));
    const { bundle, problems } = await readStore(pack);
    assert.ok(!JSON.stringify(bundle).includes('hidden'));
    assert.deepEqual(Object.keys(bundle.sections.templates ?? {}), ['inner.tmpl']);
    const leading = problems.filter(({ message }) =>
      message.endsWith('is a link that leads out of the folder'),
    );
    assert.deepEqual(leading.map(({ file, severity }) => `${severity} ${file}`).sort(), [
      'error ._Documentation.meta',
      'error templates/absolute',
      'error templates/relative',
    ]);
    // Where the whole folder is reached by a link, nothing leads out of it.
    await symlink(join(pack, 'common'), join(root, 'by-link'));
    assert.deepEqual((await readStore(join(root, 'by-link'))).problems, []);
  });

  test('drpkit contents: names in a bundle stay names, and links are neither read nor written through', async () => {
    const keys = ['../../out', '/etc/out', '..', '.', 'a\\..\\b', '..%2f..%2fout', 'nul\u0000byte'];
    const objects = Object.fromEntries(keys.map((key) => [key, { ID: key, Contents: 'x' }]));
    await writeFile(
      join(root, 'evil.json'),
      JSON.stringify({ meta: { Name: 'evil' }, sections: { templates: objects } }),
    );
    const done = await drpkit(['contents', 'unbundle', 'evil.json', '--dir', 'work/pack'], { cwd: root });
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual((await readdir(root)).sort(), ['evil.json', 'outside', 'work']);
    assert.deepEqual(await readdir(join(root, 'work')), ['pack']);
    assert.equal((await readdir(join(root, 'work/pack/templates'))).length, keys.length);
    const again = await drpkit(['contents', 'bundle', 'again.json', '--dir', 'work/pack'], { cwd: root });
    assert.match(again.stderr, /Invalid ID `nul\\u0000byte`/);
    const { sections } = (await readStore(join(root, 'work/pack'))).bundle;
    assert.deepEqual(Object.keys(sections.templates ?? {}).sort(), [...keys].sort());

    await writeFile(
      join(root, 'evil.json'),
      '{"meta":{"Name":"evil"},"sections":{"../out":{"x":{"Id":"x"}}}}',
    );
    const above = await drpkit(['contents', 'unbundle', 'evil.json', '--dir', 'types'], { cwd: root });
    assert.match(above.stderr, /objects of type "..\/out": it is not a folder name/);
    await symlink(outside, join(root, 'work/pack/params'));
    await writeFile(
      join(root, 'evil.json'),
      '{"meta":{"Name":"evil"},"sections":{"params":{"p":{"Name":"p"}}}}',
    );
    const through = await drpkit(['contents', 'unbundle', 'evil.json', '--dir', 'work/pack'], { cwd: root });
    assert.match(through.stderr, /params exists and is not a folder/);
    await symlink(join(outside, 'secret'), join(root, 'work/pack/templates/leak'));
    const leak = await drpkit(['contents', 'bundle', 'leak.json', '--dir', 'work/pack'], { cwd: root });
    assert.equal(leak.code, 1);
    assert.match(leak.stderr, /templates\/leak: is a link that leads out of the folder/);
    await assert.rejects(lstat(join(root, 'leak.json')));
    await nothingCameOut();
  });

  test('a folder is made with those around it, and is there when several make it', async () => {
    const folder = join(root, 'a/b/c');
    await Promise.all(Array.from({ length: 10 }, () => makeFolder(folder, 0o700)));
    assert.equal((await lstat(folder)).mode & 0o777, 0o700);
    await symlink(folder, join(root, 'link'));
    await makeFolder(join(root, 'link'));
    await assert.rejects(makeFolder(join(outside, 'secret')), { code: 'EEXIST' });
    await assert.rejects(makeFolder(join(outside, 'secret/x')), { code: 'ENOTDIR' });
  });

  test('where no folders can be made, that is an error, and nothing goes on without end', {
    skip: process.platform === 'linux' ? false : 'needs /proc',
  }, async () => {
    const nowhere = '/proc/nowhere';
    await assert.rejects(makeFolder(`${nowhere}/x/y`), { code: 'ENOENT' });
    await assert.rejects(unpack(unpacking('x'), nowhere), { code: 'ENOENT' });
    await assert.rejects(unbundle({ meta: {}, sections: {} }, nowhere), {
      code: 400,
      message: /Cannot make/,
    });
    await assert.rejects(startEndpoint({ root: nowhere, port: 0, staticPort: 0 }), { code: 'ENOENT' });
    await assert.rejects(startEndpoint({ root: '/proc/self/task', port: 0, staticPort: 0 }), {
      code: 'ENOENT',
    });
    const said = await Promise.all([
      drpkit(['endpoint', '--root', nowhere, '--port', '0', '--static-port', '0']),
      drpkit(['new', `${nowhere}/hello`, '--kit', join(import.meta.dirname, '../..')]),
    ]);
    assert.deepEqual(
      said.map(({ stderr }) => stderr),
      [
        `Error: Cannot start the endpoint: ENOENT: no such file or directory, mkdir '${nowhere}'\n`,
        `Error: folder: ENOENT: no such file or directory, mkdir '${nowhere}'\n`,
      ],
    );
  });
});
