import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { missingQuotas } from '../../cmd/volumes/project-quota.ts';
import { Volumes } from '../../cmd/volumes/volumes.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const MIB = 1024 ** 2;
const context = { signal: AbortSignal.timeout(300_000) };
/** XFS takes no file of less than 300 MB; nothing of it is written. */
const KINDS = {
  ext4: ['64M', 'mkfs.ext4', '-q', '-O', 'quota,project', '-E', 'quotatype=prjquota'],
  xfs: ['400M', 'mkfs.xfs', '-q'],
} as const;

/** A file system with project quotas, or why it cannot be had: what is missing, or which call is refused. */
async function quotaFileSystem([size, ...mkfs]: readonly [size: string, ...mkfs: string[]]) {
  const folder = await mkdtemp(join(tmpdir(), 'quota-'));
  const [image, mount] = [join(folder, 'image'), join(folder, 'mount')];
  const end = async () => {
    await run('umount', [mount]).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  };
  try {
    if (process.getuid?.() !== 0) throw new Error('not root: mount(2) would be refused');
    await mkdir(mount);
    await run('truncate', ['-s', size, image]);
    await run(mkfs[0] ?? '', [...mkfs.slice(1), image]);
    await run('mount', ['-o', 'loop,prjquota', image, mount]);
    const missing = await missingQuotas(mount);
    if (missing !== undefined) throw new Error(missing);
    return { mount, end };
  } catch (error) {
    await end();
    return { missing: (error instanceof Error ? error.message : String(error)).replaceAll('\n', ' ') };
  }
}

/** Writes as the root of a container does: ext4 holds nobody to a quota who has CAP_SYS_RESOURCE. */
async function fill(folder: string, mebibytes: number): Promise<void> {
  const dd = [
    'dd',
    'if=/dev/zero',
    `of=${join(folder, 'large')}`,
    'bs=1M',
    `count=${mebibytes}`,
    'conv=fsync',
  ];
  await run('setpriv', ['--bounding-set=-sys_resource', '--inh-caps=-sys_resource', ...dd]);
}

for (const [kind, mkfs] of Object.entries(KINDS)) {
  const { mount = '', end = async () => {}, missing } = await quotaFileSystem(mkfs);

  test(`a size is a project quota where ${kind} has them`, { skip: missing }, async (t) => {
    t.after(end);
    const root = join(mount, 'volumes');
    let volumes = await Volumes.open(root);
    const at = async (Name: string) => (await volumes.path({ Name })).Mountpoint;
    const isFull = { message: /No space left|[Qq]uota exceeded/ };

    await t.test('a volume holds that much and no more, whatever the others do', async () => {
      for (const Name of ['one', 'two']) await volumes.create({ Name, Opts: { size: '8M' } }, context);
      await volumes.create({ Name: 'free', Opts: {} }, context);
      await assert.rejects(fill(await at('one'), 12), isFull);
      await fill(await at('two'), 6);
      await fill(await at('free'), 20);
      const { limit, size, used } = (await volumes.get({ Name: 'two' })).Volume.Status ?? {};
      assert.deepEqual([limit, size], ['project quota', 8 * MIB]);
      assert.ok(Number(used) >= 6 * MIB && Number(used) < 7 * MIB, `used ${used}`);
    });

    await t.test('a volume that is made after a removal has room of its own', async () => {
      await volumes.remove({ Name: 'two' }, context);
      // As after a kill, with the rest of it still there.
      volumes.close();
      volumes = await Volumes.open(root);
      await volumes.create({ Name: 'two', Opts: { size: '8M' } }, context);
      await until(async () => (await readdir(join(root, '.removed'))).length === 0, 'its files to go');
      await fill(await at('two'), 7);
      await assert.rejects(fill(await at('two'), 9), isFull);
      await assert.rejects(fill(await at('one'), 9), isFull);
    });
    volumes.close();
  });
}
