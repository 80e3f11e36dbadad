import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { PendingStore } from '../../cmd/callback/pending.ts';
import { ResultsFile } from '../../cmd/drpkit/fleet/results.ts';
import { StateFile } from '../../lib/agent/state-file.ts';
import type { Machine } from '../../lib/api/index.ts';

/** Files in which programs keep what they know of objects, between one run and the next. */
describe('what is kept', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kept-'));
    process.umask(0);
  });
  after(() => rm(folder, { recursive: true }));

  const modes = async () => {
    const names = await readdir(folder);
    const found = await Promise.all(names.map((name) => stat(join(folder, name))));
    return new Set(found.map(({ mode }) => (mode & 0o777).toString(8)));
  };

  test('by an agent, callback and drpkit fleet is for its owner alone, whatever the umask', async () => {
    const machine = {
      Uuid: 'u',
      BootEnv: 'local',
      Params: { 'ipmi/password': 's3cret' },
    } as unknown as Machine;
    const agent = new StateFile(folder, 'u');
    await agent.save(machine);
    const state = gunzipSync(await readFile(join(folder, 'u.state'))).toString();
    assert.match(state, /"BootEnv":"local"/);
    assert.doesNotMatch(state, /s3cret/, 'an agent keeps no params');

    const results = new ResultsFile(join(folder, 'results.jsonl'), 'getUsers');
    results.add({ Uuid: 'u', Name: 'm', Action: 'getUsers', Ok: true, Result: [], Milliseconds: 1 });
    results.close();

    using store = await PendingStore.open(join(folder, 'callback.db'), AbortSignal.timeout(60_000));
    const event = { Time: '', Type: 'x', Action: 'y', Key: 'k', Principal: '', Object: {}, Original: null };
    store.add({ id: 'i', callback: 'c', about: 'event', queue: 'x/k', since: 1, event });
    assert.ok((await readdir(folder)).length >= 4);
    assert.deepEqual(await modes(), new Set(['600']));
  });
});
