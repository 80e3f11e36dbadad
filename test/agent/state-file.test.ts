import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { StateFile } from '../../lib/agent/state-file.ts';
import type { Machine } from '../../lib/api/index.ts';
import { atEachChange } from '../support/crash.ts';

const machine = (BootEnv: string) => ({ Uuid: 'u', BootEnv, Params: {} }) as unknown as Machine;

test('an agent that is killed at each change of its state file knows the machine as before or as after it', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'state-'));
  try {
    for (const before of [undefined, 'sledgehammer']) {
      const known: (string | undefined)[] = [];
      const changes = await atEachChange(async (crash) => {
        const folder = join(parent, 'state');
        await rm(folder, { recursive: true, force: true });
        if (before !== undefined) await new StateFile(folder, 'u').save(machine(before));
        const agent = new StateFile(folder, 'u');
        let isKept = false;
        {
          using _death = crash(parent);
          await agent.save(machine('local')).then(
            () => {
              isKept = true;
            },
            () => {},
          );
        }
        const next = new StateFile(folder, 'u');
        const found = (await next.load())?.BootEnv;
        known.push(found);
        assert.ok(found === 'local' || (!isKept && found === before), `${found}`);
        // What a dead one has left is in nobody's way.
        await next.save(machine('last'));
        assert.equal((await new StateFile(folder, 'u').load())?.BootEnv, 'last');
        assert.deepEqual(await readdir(folder), ['u.state']);
      });
      assert.ok(changes >= 3, `${changes} changes`);
      assert.deepEqual(known, [...Array(changes).fill(before), 'local']);
    }
  } finally {
    await rm(parent, { recursive: true });
  }
});

test('a state file that is cut, or not one, is the same as none, and is replaced', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'state-'));
  try {
    const file = join(folder, 'u.state');
    const agent = new StateFile(folder, 'u');
    await agent.save(machine('local'));
    const whole = await readFile(file);
    for (let length = 0; length < whole.length; length += 7) {
      await writeFile(file, whole.subarray(0, length));
      await writeFile(`${file}.part`, whole.subarray(0, length), { mode: 0o644 });
      assert.equal(await agent.load(), undefined, `${length} bytes`);
    }
    await new StateFile(folder, 'u').save(machine('local'));
    assert.equal((await agent.load())?.BootEnv, 'local');
    assert.equal((await stat(file)).mode & 0o777, 0o600, 'whatever was there before');
  } finally {
    await rm(folder, { recursive: true });
  }
});
