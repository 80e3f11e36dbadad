import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { binary } from '../support/binary.ts';
import { until } from '../support/until.ts';
import { finished, scratch } from './finished.ts';

const LARGE = join(import.meta.dirname, 'large-provider.ts');
const LARGE_BYTES = 96 * 1024 * 1024;
const KILLS = 10;

test('killed at any moment of unpack, it leaves its file whole or not at all, and the next run heals', async () => {
  await using folder = await scratch();
  const file = binary('incrementer');
  const began = performance.now();
  await finished(file, ['unpack', join(folder.path, 'whole')]);
  const took = performance.now() - began;
  for (let index = 0; index < KILLS; index += 1) {
    const target = join(folder.path, `killed${index}`);
    await finished(file, ['unpack', target], { killAfterMs: (took * index) / (KILLS - 1) });
    const names: string[] = await readdir(target).catch(() => []);
    if (names.includes('testFile')) assert.equal(await readFile(join(target, 'testFile'), 'utf8'), 'ImaFile');
    assert.equal((await finished(file, ['unpack', target])).code, 0);
    assert.deepEqual(await readdir(target), ['testFile']);
    assert.equal(await readFile(join(target, 'testFile'), 'utf8'), 'ImaFile');
  }
});

test('killed in the middle of a file, it leaves nothing of that name, and the next run clears the rest away', async () => {
  await using folder = await scratch();
  /** Returns false when the file was whole by then, as it can be when this process is slower than the other. */
  const killed = async () => {
    const child = spawn(process.execPath, [LARGE, 'unpack', folder.path], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    await until(async () => {
      const [name] = await readdir(folder.path);
      if (name === undefined) return false;
      const { size } = await stat(join(folder.path, name)).catch(() => ({ size: 0 }));
      return size > 0;
    }, 'the file to be begun');
    child.kill('SIGKILL');
    await ended;
    const names = await readdir(folder.path);
    if (names[0] === 'large.bin') {
      await rm(join(folder.path, 'large.bin'));
      return false;
    }
    assert.deepEqual(names, [`large.bin.unpacking-${child.pid}`]);
    return true;
  };
  await until(killed, 'a file that is begun');
  assert.equal((await finished(process.execPath, [LARGE, 'unpack', folder.path])).code, 0);
  assert.deepEqual(await readdir(folder.path), ['large.bin']);
  assert.equal((await stat(join(folder.path, 'large.bin'))).size, LARGE_BYTES);
});

/** In a file system of its own, 64 KiB in memory, that is gone with this shell. */
const FULL_DISK = `
mount -t tmpfs -o size=64k none "$1" || exit 99
cat /dev/zero > "$1/filler" 2>/dev/null
"$0" unpack "$1/x"
echo "code $?: $(ls -A "$1/x")"
rm "$1/filler"
"$0" unpack "$1/x"
echo "code $?: $(ls -A "$1/x") $(cat "$1/x/testFile")"
`;

test('on a full disk unpack fails and says why, leaves nothing, and works when there is room again', async (t) => {
  await using folder = await scratch();
  const own = ['-r', '-m', '/bin/sh', '-c'];
  const { code } = await finished('unshare', [...own, 'mount -t tmpfs none "$0"', folder.path]).catch(() => ({
    code: null,
  }));
  if (code !== 0) return t.skip('needs a mount namespace');
  const { stdout, stderr } = await finished('unshare', [
    ...own,
    FULL_DISK,
    binary('incrementer'),
    folder.path,
  ]);
  assert.equal(stdout, 'code 1: \ncode 0: testFile ImaFile\n');
  assert.match(stderr, /^Error: unpack: testFile: ENOSPC: no space left on device, write\n$/);
});

test('a file that may not grow is the same', async () => {
  await using folder = await scratch();
  // A measurement of coverage would write a file as well.
  const limited = [
    '-c',
    'unset NODE_V8_COVERAGE; ulimit -f 0; exec "$0" "$@"',
    binary('incrementer'),
    'unpack',
    folder.path,
  ];
  const { code, stderr } = await finished('/bin/sh', limited);
  assert.equal(code, 1);
  assert.match(stderr, /^Error: unpack: testFile: EFBIG: file too large, write\n$/);
  assert.deepEqual(await readdir(folder.path), []);
});

test('what does not get all of its output onto a full disk fails and says so', async () => {
  const file = binary('ipmi');
  for (const command of ['define', 'version']) {
    const { code, stderr } = await finished('/bin/sh', ['-c', '"$0" "$1" > /dev/full', file, command]);
    assert.equal(code, 1, command);
    assert.equal(stderr, 'Error: ENOSPC: no space left on device, write\n');
  }
  const { code, stderr } = await finished(file, ['autocomplete', '/dev/full']);
  assert.equal(code, 1);
  assert.match(stderr, /^Error: ENOSPC: no space left on device, write\n$/);
});
