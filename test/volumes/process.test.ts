import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ModelError } from '../../lib/models/index.ts';
import { binary } from '../support/binary.ts';
import { until } from '../support/until.ts';
import { DriverProcess } from './driver-process.ts';
import { missingLoopFiles, mountsWithin, rootFolder } from './root-folder.ts';

const noLoops = await missingLoopFiles();

test('SIGTERM ends the driver with code 0; its socket goes, and what is mounted stays', async () => {
  await using root = await rootFolder();
  const driver = await DriverProcess.start(root.path);
  assert.deepEqual(await driver.client.call('Plugin.Activate'), { Implements: ['VolumeDriver'] });
  const size = noLoops === undefined ? { size: '4M' } : {};
  await driver.call('Create', { Name: 'one', Opts: size });
  await driver.call('Mount', { Name: 'one', ID: 'a' });
  const before = await mountsWithin(root.path);
  const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
  assert.equal(await mode(root.path), '700');
  assert.equal(await mode(join(root.path, 'ours.sock')), '600');
  assert.equal(await mode(join(root.path, 'one')), '700');
  assert.equal(await mode(join(root.path, 'one/volume.json')), '600');

  const second = spawnSync(binary('volumes'), ['--root', root.path], { encoding: 'utf8', timeout: 60_000 });
  assert.equal(second.status, 1);
  assert.match(second.stderr, /^volumes: .* is in use by another process; give --root another folder\n$/);

  assert.equal((await driver.end('SIGTERM')).code, 0);
  assert.ok(!existsSync(join(root.path, 'ours.sock')));
  assert.deepEqual(await mountsWithin(root.path), before);
  const next = await DriverProcess.start(root.path);
  assert.equal((await next.list()).get('one')?.Status?.mounts, 1);
  await next.call('Unmount', { Name: 'one', ID: 'a' });
  await next.call('Remove', { Name: 'one' });
  assert.equal((await next.end('SIGINT')).code, 0);
});

/** What is known of a volume by what the driver has acknowledged; undefined where an answer was lost. */
interface Known {
  isThere: boolean | undefined;
  mounts: Map<string, boolean | undefined>;
}

/** Asks for one thing after the other until the driver is killed, and notes what is known. `answered` is called each time. */
async function work(driver: DriverProcess, name: string, known: Known, answered: () => void): Promise<void> {
  const size = noLoops === undefined && name.endsWith('0') ? { size: '4M' } : {};
  try {
    for (let round = 0; ; round += 1) {
      const ID = `${name}-${round}`;
      if (known.isThere !== true) {
        known.isThere = undefined;
        await driver.call('Create', { Name: name, Opts: size });
        answered();
        known.isThere = true;
      }
      known.mounts.set(ID, undefined);
      await driver.call('Mount', { Name: name, ID });
      answered();
      known.mounts.set(ID, true);
      if (round % 2 === 0) continue;
      for (const id of [...known.mounts.keys()]) {
        known.mounts.set(id, undefined);
        await driver.call('Unmount', { Name: name, ID: id });
        known.mounts.delete(id);
      }
      known.isThere = undefined;
      await driver.call('Remove', { Name: name });
      known.isThere = false;
    }
  } catch (error) {
    // What the driver itself says would be a fault; being cut off is what is looked for.
    if (!(error instanceof ModelError) || !/socket hang up|ECONN|EPIPE|ENOENT/.test(error.message))
      throw error;
  }
}

test('nothing that was acknowledged is lost, whenever the driver is killed', async () => {
  await using root = await rootFolder();
  const known = new Map<string, Known>(
    ['v0', 'v1', 'v2', 'v10'].map((name) => [name, { isThere: false, mounts: new Map() }]),
  );
  let driver = await DriverProcess.start(root.path);
  for (let kills = 0; kills < 6; kills += 1) {
    let answers = 0;
    const workers = [...known].map(([name, one]) => work(driver, name, one, () => (answers += 1)));
    const enough = kills * 7;
    await until(() => answers >= enough, 'answers');
    await driver.end('SIGKILL');
    await Promise.all(workers);
    driver = await DriverProcess.start(root.path);
    assert.doesNotMatch(driver.stderr, /volume\.json|mounts\.json/);
    const found = await driver.list();
    for (const [name, one] of known) {
      const volume = found.get(name);
      if (one.isThere !== undefined) assert.equal(volume !== undefined, one.isThere, `${name} is there`);
      one.isThere = volume !== undefined;
      const sure = [...one.mounts.values()].filter((mounted) => mounted === true).length;
      const count = Number(volume?.Status?.mounts ?? 0);
      assert.ok(count >= sure && count <= one.mounts.size, `${name}: ${count} mounts, ${sure} acknowledged`);
      // All of them are given back, those too whose answers were lost.
      for (const ID of volume === undefined ? [] : one.mounts.keys())
        await driver.call('Unmount', { Name: name, ID });
      one.mounts.clear();
    }
    assert.deepEqual(await mountsWithin(root.path), []);
  }
  for (const name of (await driver.list()).keys()) await driver.call('Remove', { Name: name });
  assert.deepEqual(await driver.list(), new Map());
  await driver.end('SIGTERM');
});
