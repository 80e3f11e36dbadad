import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { watchDescriptors } from '../../lib/endpoint/descriptors.ts';
import type { RawModel } from '../../lib/models/index.ts';
import { until } from '../support/until.ts';
import { Running } from './running-endpoint.ts';

/** The folder of an endpoint that has been started once, with a certificate of its own. */
async function usedFolder(): Promise<string> {
  const running = await Running.open({ root: await mkdtemp(join(tmpdir(), 'damage-')) });
  await running.ok('POST', 'profiles', { Name: 'kept' });
  await running.endpoint.close();
  return running.root;
}

test('a key or certificate that is none is named, with what to do', async () => {
  const [root, other] = [await usedFolder(), await usedFolder()];
  try {
    const refusal = async (message: RegExp) => {
      await assert.rejects(Running.open({ root }), { code: 400, message });
    };
    const key = await readFile(join(root, 'server.key'));
    await truncate(join(root, 'server.key'));
    await refusal(/server\.key is empty\. .*delete both/);
    await writeFile(join(root, 'server.key'), 'not a key');
    await refusal(/server\.key is not a private key/);
    await writeFile(join(root, 'server.key'), await readFile(join(other, 'server.key')));
    await refusal(/server\.key is not the key of server\.crt/);
    await writeFile(join(root, 'server.key'), key);
    await truncate(join(root, 'server.crt'));
    await refusal(/server\.crt is empty/);
    await rm(join(root, 'server.crt'));
    await using running = await Running.open({ root });
    assert.equal((await running.call('GET', 'profiles/kept')).status, 200);
  } finally {
    for (const folder of [root, other]) await rm(folder, { recursive: true, force: true });
  }
});

test('a row that cannot be read is named, and all others are there', async () => {
  const root = await usedFolder();
  const database = new DatabaseSync(join(root, 'endpoint.db'));
  database.exec("UPDATE objects SET json = '{\"Na' WHERE prefix = 'profiles' AND key = 'kept'");
  database.close();
  await using running = await Running.open({ root });
  const reply = await running.call('GET', 'profiles/kept');
  assert.equal(reply.status, 500);
  const { Model, Key, Messages } = reply.json as RawModel;
  assert.deepEqual([Model, Key], ['profiles', 'kept']);
  assert.match(String(Messages), /cannot be read: the file is damaged/);
  assert.equal((await running.call('GET', 'profiles/global')).status, 200);
});

test('a database that was emptied is told in the log', async () => {
  const root = await usedFolder();
  await truncate(join(root, 'endpoint.db'));
  await using running = await Running.open({ root });
  assert.ok(
    running.log.some(({ Level, Message }) => Level === 'warn' && /endpoint\.db was empty/.test(Message)),
  );
  assert.ok(running.endpoint.password);
});

test('what an upload has left when the endpoint was killed is gone after the next start', async () => {
  const root = await usedFolder();
  const files = join(root, 'tftpboot/files/deep');
  await mkdir(join(files, '.1234.part/of/an/archive'), { recursive: true });
  await writeFile(join(files, '.image.part'), 'half');
  await writeFile(join(files, 'image'), 'whole');
  await writeFile(join(root, 'plugins/.slack.part'), 'half');
  await using running = await Running.open({ root });
  assert.deepEqual(await readdir(files), ['image']);
  assert.deepEqual(await readdir(join(running.root, 'plugins')), []);
});

test('a full disk is the answer to a change, of which nothing is kept, and it passes', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    t.skip(`no file system of its own can be had here: ${error}`);
    return;
  }
  try {
    const running = await Running.open({ root: join(folder, 'endpoint') });
    const filler = join(folder, 'filler');
    const { bavail, bsize } = await statfs(folder);
    await writeFile(filler, Buffer.alloc(bavail * bsize));
    const large = { Name: 'large', Description: 'x'.repeat(500_000) };
    const said = await running.refused(507, 'POST', 'profiles', { body: large });
    assert.match(said, /^Nothing was changed: endpoint\.db cannot be written: .*(full|I\/O)/);
    assert.equal((await running.call('GET', 'profiles/large')).status, 404);
    assert.equal((await running.call('GET', 'profiles/global')).status, 200);
    await rm(filler);
    await running.ok('POST', 'profiles', large);
    await running.endpoint.close();
  } finally {
    execFileSync('umount', ['-l', folder]);
    await rm(folder, { recursive: true });
  }
});

test('that descriptors are used up is said once, and that there are some again', async () => {
  let isOut = true;
  let looks = 0;
  const said: string[] = [];
  const end = watchDescriptors(
    (level, message) => said.push(`${level} ${message}`),
    () => {
      looks += 1;
      if (isOut) throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    },
  );
  // Its timer keeps no process.
  const keep = setInterval(() => {}, 1000);
  await until(() => looks >= 2, 'two looks');
  isOut = false;
  await until(() => said.length === 2, 'the end of it');
  end();
  clearInterval(keep);
  assert.match(said[0] ?? '', /^error No connections can be taken: EMFILE.*ulimit/);
  assert.equal(said[1], 'info Connections can be taken again');
});
