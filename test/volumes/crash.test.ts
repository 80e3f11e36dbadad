import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Volumes } from '../../cmd/volumes/volumes.ts';
import { atEachChange } from '../support/crash.ts';
import { until } from '../support/until.ts';
import { rootFolder } from './root-folder.ts';

const context = { signal: AbortSignal.timeout(300_000) };

/** A request of Docker, what comes before it, and how often the volume `asked` is mounted afterwards; undefined: it is gone. */
interface Request {
  before: (volumes: Volumes) => Promise<void>;
  ask: (volumes: Volumes) => Promise<unknown>;
  mounts: { before: number | undefined; after: number | undefined };
}

const create = (volumes: Volumes) => volumes.create({ Name: 'asked', Opts: {} }, context);
const mount = (volumes: Volumes) => volumes.mount({ Name: 'asked', ID: 'x' }, context);
const REQUESTS: Readonly<Record<string, Request>> = {
  create: { before: async () => {}, ask: create, mounts: { before: undefined, after: 0 } },
  mount: { before: create, ask: mount, mounts: { before: 0, after: 1 } },
  unmount: {
    before: async (volumes) => {
      await create(volumes);
      await mount(volumes);
    },
    ask: (volumes) => volumes.unmount({ Name: 'asked', ID: 'x' }, context),
    mounts: { before: 1, after: 0 },
  },
  remove: {
    before: create,
    ask: (volumes) => volumes.remove({ Name: 'asked' }, context),
    mounts: { before: 0, after: undefined },
  },
};

async function mountsOf(volumes: Volumes): Promise<unknown> {
  const { Volumes: list } = await volumes.list();
  return list.find(({ Name }) => Name === 'asked')?.Status?.mounts;
}

/** Volumes that are being made, and those that are being removed. */
async function unfinished(root: string): Promise<string[]> {
  return (await Promise.all(['.new', '.removed'].map((name) => readdir(join(root, name))))).flat();
}

for (const [name, { before, ask, mounts }] of Object.entries(REQUESTS)) {
  test(`volumes: killed at each change of ${name}, all that was acknowledged is there, and it can be asked for again`, async () => {
    const changes = await atEachChange(async (crash) => {
      await using root = await rootFolder();
      const first = await Volumes.open(root.path);
      await first.create({ Name: 'kept', Opts: {} }, context);
      const { Mountpoint } = await first.mount({ Name: 'kept', ID: 'a' }, context);
      await writeFile(join(Mountpoint, 'file'), 'content');
      await before(first);
      let isDone = false;
      {
        using death = crash(root.path);
        await ask(first).then(
          () => {
            isDone = true;
          },
          () => {},
        );
        // What goes on in the background ends, or is killed.
        await until(
          async () => death.happened || (await unfinished(root.path)).length === 0,
          'the end of it',
        );
        first.close();
      }
      const next = await Volumes.open(root.path);
      try {
        assert.equal(await readFile(join(Mountpoint, 'file'), 'utf8'), 'content');
        assert.equal((await next.get({ Name: 'kept' })).Volume.Status?.mounts, 1);
        const now = await mountsOf(next);
        assert.ok(now === mounts.after || (!isDone && now === mounts.before), `${now} mounts`);
        await ask(next).catch((error: { code?: number }) => {
          // To remove it again is refused where it is gone.
          if (name !== 'remove' || error.code !== 404) throw error;
        });
        assert.equal(await mountsOf(next), mounts.after);
        await until(async () => (await unfinished(root.path)).length === 0, 'nothing to be left over');
      } finally {
        next.close();
      }
    });
    assert.ok(changes >= 2, `${changes} changes`);
  });
}
