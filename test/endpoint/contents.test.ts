import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
import { Running } from './running-endpoint.ts';

const pack = (sections: Record<string, unknown>, meta: RawModel = {}) => ({
  meta: { Name: 'john', Version: 'v1.2.3', ...meta },
  sections,
});

const names = (list: RawModel[]) => list.map(({ meta }) => (meta as RawModel).Name);

test('a new endpoint has its own layers, and machines find what they need in them', async () => {
  await using running = await Running.open();
  const list = await running.list('contents');
  assert.deepEqual(names(list), ['BackingStore', 'BasicStore']);
  const counts = Object.entries(list[0]?.Counts as RawModel);
  assert.deepEqual(
    counts.filter(([, count]) => count !== 0),
    [
      ['profiles', 1],
      ['users', 1],
    ],
  );
  assert.ok(counts.some(([prefix]) => prefix === 'leases'));
  const global = await running.ok('GET', 'profiles/global');
  assert.deepEqual(global.Meta, { color: 'blue', icon: 'world', title: 'Digital Rebar Provision' });
});

test('a pack is added, shown, replaced and taken away as a whole', async () => {
  await using running = await Running.open();
  const sections = {
    params: { 'jo/one': { Name: 'jo/one', Schema: { type: 'string' } } },
    tasks: { 'jo-task': { Name: 'jo-task', Templates: [{ Name: 'x', Contents: '#!/bin/sh' }] } },
    templates: { 'jo.tmpl': { ID: 'jo.tmpl', Contents: 'hello' } },
    stages: { 'jo-stage': { Tasks: ['jo-task', 'none'] } },
    cattle: { moo: { Id: 'moo' } },
  };
  const made = await running.ok('POST', 'contents', pack(sections));
  assert.deepEqual(made.Counts, { cattle: 1, params: 1, stages: 1, tasks: 1, templates: 1 });
  assert.deepEqual(made.Warnings, ['stages/jo-stage: Task none (at 1) does not exist']);
  assert.equal((made.meta as RawModel).Type, 'dynamic');
  const shown = (await running.ok('GET', 'contents/john')) as {
    meta: RawModel;
    sections: Record<string, RawModel>;
  };
  assert.equal(shown.meta.Version, 'v1.2.3');
  assert.equal((shown.sections.templates?.['jo.tmpl'] as RawModel | undefined)?.Contents, 'hello');
  assert.equal((await running.ok('GET', 'cattle/moo')).ReadOnly, true);
  await running.refused(409, 'POST', 'contents', { body: pack({}) });
  await running.refused(409, 'DELETE', 'tasks/jo-task');
  await running.refused(403, 'DELETE', 'params/jo/one');
  const replaced = await running.ok(
    'PUT',
    'contents/john',
    pack({ params: sections.params }, { Version: 'v2' }),
  );
  assert.deepEqual(replaced.Counts, { params: 1 });
  await running.refused(404, 'GET', 'tasks/jo-task');
  await running.refused(400, 'PUT', 'contents/john', { body: pack({}, { Name: 'other' }) });
  await running.refused(404, 'PUT', 'contents/none', { body: pack({}, { Name: 'none' }) });
  assert.equal((await running.call('DELETE', 'contents/john')).status, 204);
  await running.refused(404, 'GET', 'params/jo/one');
  for (const method of ['GET', 'DELETE']) await running.refused(404, method, 'contents/john');
  await running.refused(403, 'DELETE', 'contents/BasicStore');
  await running.refused(403, 'PUT', 'contents/BasicStore', { body: pack({}, { Name: 'BasicStore' }) });
});

test('a pack with one bad object is refused as a whole', async () => {
  await using running = await Running.open();
  const good = { good: { Name: 'good', Schema: {} } };
  for (const [body, code, expected] of [
    [pack({ params: good, profiles: { bad: { Name: 'bad', Params: { good: 1 }, Meta: 7 } } }), 400, /Meta/],
    [pack({ params: { ...good, bad: { Name: 'bad', Schema: 7 } } }), 422, /Schema/],
    [pack({ params: { ...good, bad: 7 } }), 400, /expected an object/],
    [pack({ params: [] as unknown as RawModel }), 400, /sections.params/],
    [pack({ 'Bad Name': {} }), 400, /invalid name/],
    [{ meta: { Name: 'x' }, sections: [] }, 400, /sections/],
    [{ meta: [], sections: {} }, 400, /meta/],
    [{ meta: { Name: 7 } }, 400, /meta.Name/],
    [{ sections: {} }, 422, /Store at content- has no Name metadata/],
    [[], 400, /content pack/],
    ['', 400, /content pack/],
  ] as const) {
    assert.match(await running.refused(code, 'POST', 'contents', { body }), expected);
    await running.refused(404, 'GET', 'params/good');
  }
  assert.equal((await running.list('contents')).length, 2);
});

test('a pack with a version that dr-provision does not read is refused with one to write', async () => {
  await using running = await Running.open();
  const body = (Version: string) => ({ meta: { Name: 'pack', Version }, sections: {} });
  for (const version of ['v1.0.0+271.g17ec5867', 'latest', 'v1.2.3.4']) {
    const message = await running.refused(422, 'POST', 'contents', { body: body(version) });
    assert.ok(message.startsWith(`Layer pack: invalid version ${version}: `), message);
    assert.match(message, /; write v\d/);
  }
  // What follows a hyphen does not count there.
  await running.ok('POST', 'contents', body('v4.0.0-beta01.3'));
  for (const version of ['', 'v1.0', 'v20.01.18-18.58.31']) {
    await running.ok('PUT', 'contents/pack', body(version));
  }
  await running.refused(422, 'PUT', 'contents/pack', { body: body('v1.0.0+1') });
});

test('what clients made gives way to a pack only when that is asked for, what other packs have never', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'params', { Name: 'jo/one', Schema: { type: 'integer' } });
  const body = pack({ params: { 'jo/one': { Name: 'jo/one', Schema: { type: 'string' } } } });
  const refused = await running.refused(422, 'POST', 'contents', { body });
  assert.equal(refused, 'params:jo/one in layer dynamic-john would override layer writable-BackingStore');
  await running.ok('POST', 'contents?replaceWritable=true', body);
  assert.equal((await running.ok('GET', 'params/jo/one')).Bundle, 'john');
  const other = { ...body, meta: { Name: 'other' } };
  assert.match(
    await running.refused(422, 'POST', 'contents?replaceWritable=true', { body: other }),
    /in layer dynamic-other would override layer dynamic-john/,
  );
});

test('a pack may bring its own basic objects, and the old ones come back when it goes', async () => {
  await using running = await Running.open();
  const Description = 'better';
  await running.ok('POST', 'contents', pack({ stages: { local: { Name: 'local', Description } } }));
  assert.equal((await running.ok('GET', 'stages/local')).Description, 'better');
  await running.call('DELETE', 'contents/john');
  const { Description: old, Bundle } = await running.ok('GET', 'stages/local');
  assert.notEqual(old, 'better');
  assert.equal(Bundle, 'BasicStore');
});

test('secrets in a pack are sealed at rest and open again in what is shown of it', async () => {
  await using running = await Running.open();
  const sections = {
    params: { 'jo/secret': { Name: 'jo/secret', Secure: true, Schema: { type: 'string' } } },
    profiles: { jo: { Name: 'jo', Params: { 'jo/secret': 'not for everybody' } } },
  };
  await running.ok('POST', 'contents', pack(sections));
  assert.doesNotMatch(JSON.stringify(await running.ok('GET', 'profiles/jo')), /everybody/);
  assert.match(JSON.stringify(await running.ok('GET', 'contents/john')), /everybody/);
  assert.match(JSON.stringify(await running.ok('GET', 'contents/BackingStore')), /global/);
});

test('a pack is refused without the packs and features that it requires, with what is missing and what to do', async () => {
  await using running = await Running.open();
  const refusal = (method: string, path: string, body?: unknown) =>
    running.refused(422, method, path, { body });
  const requiring = (Prerequisites: string) => pack({}, { Prerequisites });
  const base = (Version: string) => ({ meta: { Name: 'base', Version }, sections: {} });
  assert.equal(
    await refusal('POST', 'contents', requiring('base: >=1.2.0, BasicStore')),
    'Layer john has base as a prerequisite, but base does not exist! upload base first (>=1.2.0)',
  );
  await running.ok('POST', 'contents', base('v1.1.9-rc.1'));
  assert.equal(
    await refusal('POST', 'contents', requiring('base: >=1.2.0')),
    'Layer john prerequisite test on base failed: base is v1.1.9-rc.1, and >=1.2.0 is required',
  );
  assert.match(
    await refusal('POST', 'contents', requiring('base: >=1.2')),
    /^Layer john: error parsing prerequisites base: >=1\.2: .*expected >=X\.Y\.Z/,
  );
  await running.ok('PUT', 'contents/base', base('v1.2.0-dev.1'));
  await running.ok('POST', 'contents', requiring('base: >=1.2.0'));
  assert.match(
    await refusal('PUT', 'contents/base', base('v1.1.0')),
    /^Layer john prerequisite test on base/,
  );
  assert.match(await refusal('DELETE', 'contents/base'), /^Layer john has base as a prerequisite/);
  assert.match(
    await refusal('PUT', 'contents/john', pack({}, { RequiredFeatures: 'Secure-Params, teleport' })),
    /^Content layer john requires feature teleport, but dr-provision does not provide it: it provides api-v3, /,
  );
  assert.match(
    await refusal('PUT', 'contents/john', pack({}, { Version: 'v1.0.0+3' })),
    /^Layer john: invalid version v1\.0\.0\+3/,
  );
  await running.ok('DELETE', 'contents/john', undefined, 204);
  await running.ok('DELETE', 'contents/base', undefined, 204);
});

test('a pack of the type of those of providers is as any other when somebody has uploaded it', async () => {
  const uploaded = pack({ params: { 'john/size': { Name: 'john/size' } } }, { Type: 'plugin' });
  const first = await Running.open();
  await first.ok('POST', 'contents', uploaded);
  await first.endpoint.close();
  await using second = await Running.open({ root: first.root });
  assert.equal((await second.ok('GET', 'params/john%2Fsize')).Name, 'john/size');
  await second.ok('PUT', 'contents/john', { ...uploaded, sections: {} });
  await second.refused(404, 'GET', 'params/john%2Fsize');
  await second.ok('DELETE', 'contents/john', undefined, 204);
});

test('a pack that an earlier version kept of a provider is still that of the provider', async () => {
  const kept = pack({ params: { 'john/size': { Name: 'john/size' } } }, { Type: 'plugin' });
  const first = await Running.open();
  await first.ok('POST', 'contents', kept);
  await first.endpoint.close();
  using database = new DatabaseSync(join(first.root, 'endpoint.db'));
  const changed = database
    .prepare("UPDATE layers SET meta = json_remove(meta, '$.fromProvider') WHERE name = 'john'")
    .run();
  assert.equal(changed.changes, 1);
  database.close();

  // Its provider is no longer there.
  await using second = await Running.open({ root: first.root });
  await second.refused(404, 'GET', 'contents/john');
});
