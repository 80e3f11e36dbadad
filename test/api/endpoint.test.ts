import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Client, ConflictError, equal, filter, isSecureData } from '../../lib/api/index.ts';
import { type RunningEndpoint, startEndpoint } from '../../lib/endpoint/index.ts';
import { cuttable } from '../support/cuttable.ts';

let root: string;
let endpoint: RunningEndpoint;
let client: Client;

before(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'api-endpoint-'));
  endpoint = await startEndpoint({ root, port: 0, staticPort: 0 });
  await endpoint.ready;
  const ca = path.join(root, 'pinned.pem');
  await writeFile(ca, endpoint.certificate);
  client = new Client({ endpoint: endpoint.url, user: endpoint.user, password: endpoint.password, ca });
});

after(async () => {
  client.close();
  await endpoint.close();
  await rm(root, { recursive: true, force: true });
});

test('a session by user and password; without credentials 401', async () => {
  const info = await client.info();
  assert.ok(info.features.includes('secure-param-upgrade'));
  assert.ok((await client.prefixes()).includes('machines'));
  assert.ok(Array.isArray(await client.logs()));
  assert.ok('Name' in (await client.indexes('machines')));
  await assert.rejects(new Client({ endpoint: endpoint.url }).info(), { code: 401 });
});

test('an object from creation to deletion, with a conflict on the way', async () => {
  const machines = client.objects('machines');
  const made = await machines.create({ Name: 'life.example.com' });
  await assert.rejects(machines.create({ Name: 'life.example.com', Uuid: made.Uuid }), ConflictError);
  const mine = await machines.get('Name:life.example.com');
  await machines.patchTo(mine, { ...mine, Description: 'theirs' });
  await assert.rejects(machines.patchTo(mine, { ...mine, Description: 'mine' }), ConflictError);
  await machines.patch(made.Uuid, [{ op: 'replace', path: '/Description', value: 'patched' }]);
  assert.equal((await machines.fill({ Uuid: made.Uuid })).Description, 'patched');
  await machines.remove(made.Uuid);
  assert.equal(await machines.exists(made.Uuid), false);
});

test('every operator of a filter selects what it says', async () => {
  const profiles = client.objects('profiles');
  for (const name of ['f-a', 'f-b', 'f-c', 'f-d']) await profiles.create({ Name: name });
  const names = async (condition: ReturnType<typeof filter.eq>) => {
    const where = { Name: condition };
    const found = (await profiles.list({ where, sort: 'Name' })).map(({ Name }) => Name);
    assert.equal(await profiles.count({ where }), found.length);
    return found.filter((name) => name.startsWith('f-')).join(' ');
  };
  assert.equal(await names(filter.eq('f-a')), 'f-a');
  assert.equal(await names(filter.ne('f-a')), 'f-b f-c f-d');
  assert.equal(await names(filter.lt('f-b')), 'f-a');
  assert.equal(await names(filter.lte('f-b')), 'f-a f-b');
  assert.equal(await names(filter.gt('f-c')), 'f-d');
  assert.equal(await names(filter.gte('f-c')), 'f-c f-d');
  assert.equal(await names(filter.in('f-a', 'f-d')), 'f-a f-d');
  assert.equal(await names(filter.nin('f-a', 'f-d')), 'f-b f-c');
  assert.equal(await names(filter.between('f-b', 'f-c')), 'f-b f-c');
  assert.equal(await names(filter.except('f-b', 'f-c')), 'f-a f-d');
  assert.equal(await names(filter.re('^f-[ad]$')), 'f-a f-d');
  const where = { Name: ['f-a', 'f-b', 'f-c'] };
  const page = await profiles.list({ where, sort: 'Name', reverse: true, offset: 1, limit: 1 });
  assert.deepEqual(
    page.map(({ Name }) => Name),
    ['f-b'],
  );
  let paged = 0;
  for await (const _profile of profiles.each({ page: 2 })) paged += 1;
  assert.equal(paged, await profiles.count());
});

test('params are set once by many at a time, and secure ones are sealed on the way', async () => {
  const { Uuid } = await client.objects('machines').create({ Name: 'params.example.com' });
  const params = client.params('machines', Uuid);
  const results = await Promise.allSettled([1, 2, 3].map((value) => params.add('once/only', value)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  const won = await params.get('once/only');
  await params.compareAndSet('once/only', won, 'next');
  await assert.rejects(params.compareAndSet('once/only', won, 'late'), ConflictError);
  await client.objects('params').create({ Name: 'safe', Secure: true, Schema: { type: 'string' } });
  await params.setSecure('safe', 'geheim');
  assert.ok(isSecureData(await params.get('safe')));
  assert.equal(await params.get('safe', { decode: true }), 'geheim');
  await params.remove('once/only');
  assert.equal(await params.get('once/only'), undefined);
});

test('a content pack and a file go there and back', async () => {
  const contents = client.contents();
  const content = {
    meta: { Name: 'api-pack', Version: 'v1.0.0' },
    sections: { profiles: { 'api-pack': { Name: 'api-pack' } } },
  };
  assert.equal((await contents.create(content)).meta.Name, 'api-pack');
  assert.ok('api-pack' in ((await contents.get('api-pack')).sections.profiles ?? {}));
  await contents.replace({ ...content, meta: { ...content.meta, Version: 'v1.0.1' } });
  assert.ok((await contents.list()).some(({ meta }) => meta.Version === 'v1.0.1'));
  await contents.remove('api-pack');
  const files = client.files();
  const bytes = randomBytes(100_000);
  assert.equal((await files.upload('sub/blob', bytes)).Size, bytes.length);
  assert.deepEqual(await files.list('sub'), ['blob']);
  const file = path.join(root, 'downloaded');
  await writeFile(`${file}.part`, bytes.subarray(0, 60_000));
  assert.equal((await files.download('sub/blob', file)).unchanged, false);
  assert.deepEqual(await readFile(file), bytes);
  assert.equal((await files.download('sub/blob', file)).unchanged, true);
  await files.remove('sub/blob');
  await assert.rejects(files.sum('sub/blob'), { code: 404 });
});

test('a wait ends when another client makes the change', async () => {
  const machines = client.objects('machines');
  const { Uuid } = await machines.create({ Name: 'wait.example.com' });
  const test = equal('Description', 'done');
  const waiting = client.waitFor('machines', 'Name:wait.example.com', test, { timeout: 30_000 });
  await machines.patch(Uuid, [{ op: 'replace', path: '/Description', value: 'done' }]);
  assert.equal(await waiting, 'complete');
});

test('a consumer that was cut off in a burst is told, and ends with the state of the endpoint', async () => {
  await using proxy = await cuttable(endpoint.url);
  const listener = new Client({ endpoint: proxy.url, token: endpoint.token, retryDelays: [1] });
  const profiles = client.objects('profiles');
  await using stream = listener.events();
  await stream.register('profiles.*.*');
  const state = new Map<string, string>();
  const look = async () => {
    const burst = await listener.objects('profiles').list({ where: { Name: filter.re('^burst-') } });
    state.clear();
    for (const { Name, Description } of burst) state.set(Name, Description);
  };
  let gaps = 0;
  const consumer = (async () => {
    for await (const { event, gap, overflow } of stream) {
      if (event === undefined) {
        assert.equal(overflow, undefined);
        assert.ok((gap?.to.getTime() ?? 0) >= (gap?.from.getTime() ?? 1));
        gaps += 1;
        await look();
      } else if (event.Key === 'burst-end') {
        return;
      } else if (event.Action === 'delete') {
        state.delete(event.Key);
      } else {
        state.set(event.Key, (event.Object as { Description: string }).Description);
      }
    }
  })();
  for (let i = 0; i < 120; i++) {
    const name = `burst-${i % 20}`;
    if (i < 20) await profiles.create({ Name: name, Description: '0' });
    else if (i % 17 === 0) await profiles.remove(name).catch(() => {});
    else await profiles.patch(name, [{ op: 'replace', path: '/Description', value: `${i}` }]).catch(() => {});
    if (i === 40 || i === 80) proxy.cut();
  }
  // The end must be seen too: it is made once the stream is back.
  await listener.info();
  await stream.register('profiles.create.burst-end');
  await profiles.create({ Name: 'burst-end' });
  await consumer;
  const real = await profiles.list({ where: { Name: filter.re('^burst-\\d') } });
  assert.deepEqual(
    [...state].sort(),
    real.map(({ Name, Description }) => [Name, Description] as [string, string]).sort(),
  );
  assert.ok(gaps >= 1, `${gaps} gaps`);
  listener.close();
});
