import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Scene } from './scene.ts';

const run = promisify(execFile);

/** Why there can be no chroot here; undefined where there can. */
async function obstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'chroot is tested on Linux only';
  if (process.getuid?.() !== 0) return 'a chroot needs root';
  return run('unshare', ['--mount', '--propagation', 'private', 'mount', '--bind', '/proc', '/proc']).then(
    () => undefined,
    () => 'this root may not mount anything',
  );
}

test('after a chroot task, scripts run below that folder, until there are no more', {
  skip: await obstacle(),
}, async () => {
  await using scene = await Scene.open();
  const root = scene.path('root');
  await installShell(root);
  const [outside, inside] = [
    await scene.task(['test ! -e /only-here && echo outside']),
    await scene.task([
      { Path: '/etc/written', Contents: 'absolute' },
      { Path: 'settings', Contents: 'relative' },
      'read -r a < /etc/written; read -r b < settings; echo "$a $b $PWD"; test "$PWD" = "$RS_TASK_DIR"; for f in /proc/self/status /dev/null /only-here; do test -e $f || exit 1; done',
    ]),
  ];
  await writeFile(join(root, 'only-here'), '');
  const machine = await scene.machine(outside, `chroot:${root}`, inside);
  const { states, end } = await scene.run(machine);
  const jobs = await scene.jobs(machine);
  const logs = await Promise.all(jobs.map((job) => scene.log(job)));
  assert.deepEqual(
    jobs.map(({ State }) => State),
    ['finished', 'finished'],
    logs.join('\n'),
  );
  assert.match(logs[1] ?? '', /^absolute relative \/.*$/m);
  assert.equal(await readFile(join(root, 'etc/written'), 'utf8'), 'absolute');
  assert.deepEqual(
    states.filter((state) => state === 'EXIT').length,
    2,
    'it leaves the chroot, and then ends',
  );
  assert.equal(end.by, 'time is up');
  const mounts = await readFile('/proc/mounts', 'utf8');
  assert.ok(!mounts.includes(root), 'nothing stays mounted');
});

/** A root folder with nothing but bash, as sh as well, and its libraries. */
async function installShell(root: string): Promise<void> {
  const { stdout } = await run('ldd', ['/bin/bash']);
  const libraries = [...stdout.matchAll(/\/\S+/g)].map(([file]) => file);
  await mkdir(join(root, 'etc'), { recursive: true });
  for (const file of ['/bin/bash', ...libraries]) {
    await mkdir(join(root, file, '..'), { recursive: true });
    await cp(file, join(root, file), { dereference: true });
  }
  await cp('/bin/bash', join(root, 'bin/sh'), { dereference: true });
}
