import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { writeBelow } from '../../lib/plugin/unpack.ts';

describe('unpacking', () => {
  let parent = '';
  let root = '';
  let count = 0;
  before(async () => {
    parent = await realpath(await mkdtemp(join(tmpdir(), 'drp-unpack-')));
  });
  beforeEach(async () => {
    count += 1;
    root = join(parent, `root${count}`);
    await mkdir(root);
  });
  after(() => rm(parent, { recursive: true, force: true }));

  test('writes files and the folders on their way', async () => {
    await writeBelow(root, 'a/b/c.txt', 'text');
    await writeBelow(root, './a/d', new Uint8Array([1, 2]));
    assert.equal(await readFile(join(root, 'a/b/c.txt'), 'utf8'), 'text');
    assert.deepEqual([...(await readFile(join(root, 'a/d')))], [1, 2]);
    assert.deepEqual(await readdir(join(root, 'a')), ['b', 'd']);
  });

  for (const path of ['../out', '/etc/out', 'a/../../out', '', '.', 'a/..']) {
    test(`refuses the path "${path}"`, async () => {
      await assert.rejects(writeBelow(root, path, 'x'), /expected a path below the folder/);
      assert.deepEqual(await readdir(root), []);
    });
  }

  test('refuses a folder that is a link out of the root', async () => {
    const outside = join(parent, `outside${count}`);
    await mkdir(outside);
    await symlink(outside, join(root, 'link'));
    await assert.rejects(writeBelow(root, 'link/file', 'x'), /link is a link or a file, not a folder/);
    assert.deepEqual(await readdir(outside), []);
  });

  test('leaves nothing behind when a folder stands in the place of the file', async () => {
    await mkdir(join(root, 'taken'));
    await assert.rejects(writeBelow(root, 'taken', 'x'));
    assert.deepEqual(await readdir(root), ['taken']);
  });
});
