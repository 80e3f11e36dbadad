import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileSystemOf, readMountTable } from '../../cmd/volumes/mount-table.ts';
import { optionsOf } from '../../cmd/volumes/options.ts';
import { Volumes } from '../../cmd/volumes/volumes.ts';
import { until } from '../support/until.ts';
import { missingLoopFiles, mountsWithin, rootFolder } from './root-folder.ts';

const noLoops = await missingLoopFiles();
const signal = AbortSignal.timeout(300_000);
const context = { signal };

/** As after a kill -9: nothing is said to the old one. */
async function again(old: Volumes, root: string, errors: unknown[] = []): Promise<Volumes> {
  old.close();
  return Volumes.open(root, (error) => errors.push(error));
}

test('a size is a number of bytes, with K, M, G or T', () => {
  for (const [text, bytes] of [
    ['4194304', 4194304],
    ['5M', 5 * 1024 ** 2],
    ['1g', 1024 ** 3],
    ['1GiB', 1024 ** 3],
    ['2TB', 2 * 1024 ** 4],
  ] as const) {
    assert.deepEqual(optionsOf({ size: text }), { size: bytes });
  }
});

test('an option that is not known, or not valid, is refused by its name', () => {
  const refused = (given: Record<string, unknown>, message: RegExp) =>
    assert.throws(() => optionsOf(given), { code: 400, message });
  refused({ siez: '1G' }, /^option "siez": there is no such option; there is: size$/);
  refused({ __proto__: '1', toString: '1' }, /^option "toString"/);
  for (const size of ['', '1', '-1G', '1.5G', '1P', '17T', '1G; rm', '9'.repeat(400), 5, null, {}])
    refused({ size }, /^option "size": expected a number of bytes from 4M to 16T/);
});

test('the file system of a folder is the nearest that is mounted, the last one of two', () => {
  const table = readMountTable(
    [
      '1 0 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro',
      '2 1 8:2 / /var/lib rw master:3 shared:4 - xfs /dev/sda2 rw,prjquota',
      '3 1 8:3 / /var/lib/a\\040b rw - ext4 /dev/sda3 rw,prjquota',
      '4 1 0:9 / /var/lib rw - tmpfs none rw',
      '',
    ].join('\n'),
  );
  assert.equal(table.length, 4);
  assert.equal(fileSystemOf('/var/library', table)?.type, 'ext4');
  assert.equal(fileSystemOf('/var/lib/x', table)?.type, 'tmpfs');
  assert.deepEqual(fileSystemOf('/var/lib/a b/c', table), {
    path: '/var/lib/a b',
    device: '8:3',
    root: '/',
    type: 'ext4',
    options: ['rw', 'prjquota'],
  });
});

test('a volume is a folder, which is there until it is removed', async () => {
  await using root = await rootFolder();
  const volumes = await Volumes.open(root.path);
  await assert.rejects(volumes.get({ Name: 'one' }), { code: 404 });
  await volumes.create({ Name: 'one', Opts: {} }, context);
  await volumes.create({ Name: 'one', Opts: {} }, context);
  const { Volume } = await volumes.get({ Name: 'one' });
  assert.equal(Volume.Mountpoint, join(root.path, 'one/data'));
  assert.deepEqual(Volume.Status, { limit: 'none', mounts: 0 });
  assert.ok(Math.abs(Date.parse(Volume.CreatedAt ?? '') - Date.now()) < 60_000);
  const { Mountpoint } = await volumes.mount({ Name: 'one', ID: 'a' }, context);
  await writeFile(join(Mountpoint, 'file'), 'text');
  assert.deepEqual(await volumes.path({ Name: 'one' }), { Mountpoint });
  await volumes.create({ Name: 'another', Opts: {} }, context);
  assert.deepEqual(
    (await volumes.list()).Volumes.map(({ Name }) => Name),
    ['another', 'one'],
  );
  await volumes.unmount({ Name: 'one', ID: 'a' }, context);
  await volumes.remove({ Name: 'one' }, context);
  await assert.rejects(volumes.remove({ Name: 'one' }, context), { code: 404 });
  const left = () => readdir(join(root.path, '.removed'));
  await until(async () => (await left()).length === 0, 'its files to go');
  volumes.close();
});

test('mounts are counted by ID, and a volume that is mounted is not removed', async () => {
  await using root = await rootFolder();
  const volumes = await Volumes.open(root.path);
  const refused = (words: RegExp) =>
    assert.rejects(volumes.remove({ Name: 'one' }, context), { code: 409, message: words });
  await volumes.create({ Name: 'one', Opts: {} }, context);
  // Docker mounts with the ID of a running container once more for `docker cp`.
  for (const ID of ['a', 'b', 'a']) await volumes.mount({ Name: 'one', ID }, context);
  await volumes.unmount({ Name: 'one', ID: 'a' }, context);
  await refused(/mounted by a, b/);
  await volumes.unmount({ Name: 'one', ID: 'a' }, context);
  await refused(/mounted by b/);
  // It was told already, or is from before the machine's start.
  await volumes.unmount({ Name: 'one', ID: 'a' }, context);
  await refused(/mounted by b/);
  await volumes.unmount({ Name: 'one', ID: 'b' }, context);
  await volumes.remove({ Name: 'one' }, context);
  volumes.close();
});

test('a mount that is asked for again after a restart of the driver or of Docker counts once', async () => {
  await using root = await rootFolder();
  let volumes = await Volumes.open(root.path);
  const mounts = async () => (await volumes.get({ Name: 'one' })).Volume.Status?.mounts;
  await volumes.create({ Name: 'one', Opts: {} }, context);
  for (const restart of [
    async () => {
      volumes = await again(volumes, root.path);
    },
    async () => volumes.dockerStarted(),
  ]) {
    await volumes.mount({ Name: 'one', ID: 'a' }, context);
    await volumes.mount({ Name: 'one', ID: 'a' }, context);
    await restart();
    assert.equal(await mounts(), 2);
    await volumes.mount({ Name: 'one', ID: 'a' }, context);
    assert.equal(await mounts(), 1);
    await volumes.mount({ Name: 'one', ID: 'a' }, context);
    assert.equal(await mounts(), 2);
    for (const _ of [1, 2]) await volumes.unmount({ Name: 'one', ID: 'a' }, context);
    assert.equal(await mounts(), 0);
  }
  volumes.close();
});

test('mounts of before a restart keep a volume only while somebody has it mounted', async (t) => {
  await using root = await rootFolder();
  const volumes = await Volumes.open(root.path);
  await volumes.create({ Name: 'one', Opts: {} }, context);
  const { Mountpoint } = await volumes.mount({ Name: 'one', ID: 'a' }, context);
  volumes.dockerStarted();
  if (process.getuid?.() === 0) {
    // As a container has it: in a mount namespace of its own.
    const script = `mount --bind ${Mountpoint} /mnt && echo ready && cat`;
    const container = spawn('unshare', ['--mount', 'sh', '-c', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(container.stdout, 'data');
    const refused = { code: 409, message: /mounted by a container/ };
    await assert.rejects(volumes.remove({ Name: 'one' }, context), refused);
    container.stdin.end();
    await once(container, 'close');
  } else t.diagnostic('not root: no container could be started');
  await volumes.remove({ Name: 'one' }, context);
  volumes.close();
});

test('mounts of before the machine’s start are no mounts', async () => {
  await using root = await rootFolder();
  let volumes = await Volumes.open(root.path);
  await volumes.create({ Name: 'one', Opts: {} }, context);
  await volumes.mount({ Name: 'one', ID: 'a' }, context);
  const file = join(root.path, 'one/mounts.json');
  const { boot, mounts } = JSON.parse(await readFile(file, 'utf8'));
  assert.deepEqual(mounts, { a: 1 });
  await writeFile(file, JSON.stringify({ boot: `not ${boot}`, mounts }));
  volumes = await again(volumes, root.path);
  await volumes.remove({ Name: 'one' }, context);
  volumes.close();
});

test('what a killed process had begun is ended, and a volume that cannot be read is left alone', async () => {
  await using root = await rootFolder();
  let volumes = await Volumes.open(root.path);
  await volumes.create({ Name: 'one', Opts: {} }, context);
  await mkdir(join(root.path, '.new/x/data'), { recursive: true });
  await mkdir(join(root.path, '.removed/y/data/deep'), { recursive: true });
  await mkdir(join(root.path, 'broken/data'), { recursive: true });
  await writeFile(join(root.path, 'broken/volume.json'), '{');
  const errors: unknown[] = [];
  volumes = await again(volumes, root.path, errors);
  const left = async () =>
    (await readdir(join(root.path, '.new'))).concat(await readdir(join(root.path, '.removed')));
  await until(async () => (await left()).length === 0, 'the rests to go');
  assert.match(String(errors), /broken\/volume\.json: .*JSON/);
  assert.deepEqual(
    (await volumes.list()).Volumes.map(({ Name }) => Name),
    ['one'],
  );
  await assert.rejects(volumes.create({ Name: 'broken', Opts: {} }, context), {
    code: 409,
    message: /broken: a folder of that name is there/,
  });
  assert.ok(await stat(join(root.path, 'broken/data')));
  volumes.close();
});

test('a root has one process', async () => {
  await using root = await rootFolder();
  // Longer than the path of a socket may be.
  const folder = join(root.path, 'x'.repeat(120));
  const volumes = await Volumes.open(folder);
  await assert.rejects(Volumes.open(folder), { code: 409, message: /in use by another process/ });
  (await again(volumes, folder)).close();
});

test('no name leads out of the root', async () => {
  await using root = await rootFolder();
  await symlink('/etc', join(root.path, 'link'));
  const volumes = await Volumes.open(root.path);
  const names = [
    '',
    '.',
    '..',
    '../x',
    '/etc',
    'a/b',
    '.new',
    '.removed',
    '-x',
    'a\0',
    'a\n',
    'ä',
    'x'.repeat(201),
  ];
  for (const Name of names) {
    const refused = { code: 400, message: /^Name: expected a letter or digit/ };
    await assert.rejects(volumes.create({ Name, Opts: {} }, context), refused, JSON.stringify(Name));
    await assert.rejects(volumes.remove({ Name }, context), refused);
    await assert.rejects(volumes.mount({ Name, ID: 'a' }, context), refused);
    await assert.rejects(volumes.get({ Name }), refused);
  }
  for (const Name of ['link', '__proto__x', 'constructor'])
    await assert.rejects(volumes.mount({ Name, ID: 'a' }, context), {
      code: Name.startsWith('_') ? 400 : 404,
    });
  await assert.rejects(volumes.create({ Name: 'link', Opts: {} }, context), { code: 409 });
  volumes.close();
});

test('a volume of a size holds that much and no more', { skip: noLoops }, async (t) => {
  await using root = await rootFolder();
  let volumes = await Volumes.open(root.path);
  const mounted = () => mountsWithin(root.path);
  const fill = (folder: string) => writeFile(join(folder, 'large'), Buffer.alloc(12 * 1024 ** 2));

  await t.test('it is mounted from the first mount to the last unmount', async () => {
    await volumes.create({ Name: 'small', Opts: { size: '8M' } }, context);
    await assert.rejects(volumes.create({ Name: 'small', Opts: { size: '9M' } }, context), { code: 409 });
    assert.deepEqual(await volumes.path({ Name: 'small' }), { Mountpoint: '' });
    const first = await volumes.mount({ Name: 'small', ID: 'a' }, context);
    assert.deepEqual(await volumes.mount({ Name: 'small', ID: 'b' }, context), first);
    assert.deepEqual(await mounted(), [join(root.path, 'small/mount')]);
    assert.deepEqual(await readdir(first.Mountpoint), []);
    await writeFile(join(first.Mountpoint, 'file'), 'text');
    await assert.rejects(fill(first.Mountpoint), { code: 'ENOSPC' });
    await rm(join(first.Mountpoint, 'large'));
    const { Status } = (await volumes.get({ Name: 'small' })).Volume;
    assert.equal(Status?.size, 8 * 1024 ** 2);
    assert.ok(Number(Status?.used) < 2 * 1024 ** 2, JSON.stringify(Status));
    await volumes.unmount({ Name: 'small', ID: 'a' }, context);
    assert.equal((await mounted()).length, 1);
    await volumes.unmount({ Name: 'small', ID: 'b' }, context);
    assert.deepEqual(await mounted(), []);
    const { Mountpoint } = await volumes.mount({ Name: 'small', ID: 'c' }, context);
    assert.equal(await readFile(join(Mountpoint, 'file'), 'utf8'), 'text');
  });

  await t.test('a mount is found again, and made again where it has gone', async () => {
    volumes = await again(volumes, root.path);
    assert.equal((await mounted()).length, 1);
    execFileSync('umount', [join(root.path, 'small/mount')]);
    volumes = await again(volumes, root.path);
    assert.equal((await mounted()).length, 1);
    assert.equal((await volumes.get({ Name: 'small' })).Volume.Status?.mounts, 1);
    const holder = spawn('unshare', ['--mount', 'sh', '-c', 'echo ready && cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    const refused = { code: 409, message: /mounted by a container/ };
    await assert.rejects(volumes.remove({ Name: 'small' }, context), refused);
    holder.stdin.end();
    await once(holder, 'close');
    volumes = await again(volumes, root.path);
    assert.equal((await mounted()).length, 1);
  });

  await t.test('what is mounted and was not said to be is unmounted', async () => {
    await rm(join(root.path, 'small/mounts.json'));
    volumes = await again(volumes, root.path);
    assert.deepEqual(await mounted(), []);
  });

  await t.test('a full disk is told, and what is there stays as it is', async () => {
    const { Mountpoint } = await volumes.mount({ Name: 'small', ID: 'full' }, context);
    const within = await Volumes.open(join(Mountpoint, 'root'));
    await within.create({ Name: 'kept', Opts: {} }, context);
    await assert.rejects(fill(Mountpoint), { code: 'ENOSPC' });
    let files = 0;
    const fillRest = async () => {
      for (; ; files += 1) await writeFile(join(Mountpoint, `rest-${files}`), 'x'.repeat(1024));
    };
    const full = {
      code: 507,
      message: /^volumes\/(new-\d+|kept): the disk that --root is on is full: ENOSPC/,
    };
    // What is written reserves more than it takes, and there is some room again when it is on the disk, whenever that is.
    const isRefused = async (work: () => Promise<unknown>) => {
      await assert.rejects(fillRest(), { code: 'ENOSPC' });
      execFileSync('sync', ['-f', Mountpoint]);
      const error = await work().then(
        () => undefined,
        (error: Error) => error,
      );
      if (error !== undefined) await assert.rejects(Promise.reject(error), full);
      return error !== undefined;
    };
    const made: string[] = ['kept'];
    await until(
      () =>
        isRefused(async () => {
          const Name = `new-${made.length}`;
          await within.create({ Name, Opts: {} }, context);
          made.push(Name);
        }),
      'a volume to be refused',
    );
    await until(
      () =>
        isRefused(async () => {
          await within.mount({ Name: 'kept', ID: 'x' }, context);
          await within.unmount({ Name: 'kept', ID: 'x' }, context);
        }),
      'a mount to be refused',
    );
    assert.deepEqual(
      (await within.list()).Volumes.map(({ Name, Status }) => [Name, Status?.mounts]).sort(),
      made.map((name) => [name, 0]).sort(),
    );
    await rm(join(Mountpoint, 'large'));
    await within.mount({ Name: 'kept', ID: 'x' }, context);
    within.close();
    await volumes.unmount({ Name: 'small', ID: 'full' }, context);
  });

  await t.test('it is removed with its file, and not while somebody is in it', async () => {
    const { Mountpoint } = await volumes.mount({ Name: 'small', ID: 'd' }, context);
    process.chdir(Mountpoint);
    try {
      const busy = { code: 502, message: /umount: .*busy/ };
      await assert.rejects(volumes.unmount({ Name: 'small', ID: 'd' }, context), busy);
      await assert.rejects(volumes.remove({ Name: 'small' }, context), busy);
    } finally {
      process.chdir(import.meta.dirname);
    }
    await volumes.remove({ Name: 'small' }, context);
    assert.deepEqual(await mounted(), []);
    assert.deepEqual(
      (await readdir(root.path)).filter((name) => !name.startsWith('.')),
      [],
    );
  });

  await t.test('a volume that is cancelled while it is made leaves nothing', async () => {
    const cancelled = AbortSignal.abort();
    await assert.rejects(volumes.create({ Name: 'never', Opts: { size: '8M' } }, { signal: cancelled }), {
      code: 503,
    });
    assert.deepEqual((await volumes.list()).Volumes, []);
    assert.deepEqual(await readdir(join(root.path, '.new')), []);
  });
  volumes.close();
});
