import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyPatch, type Operation } from 'rfc6902';
import { ConflictError, filter, keyField, keyOf, type Machine } from '../../lib/api/index.ts';
import type { RawModel } from '../../lib/models/index.ts';
import { type Handler, TestEndpoint } from './test-endpoint.ts';

const machine = (uuid: string, more: Partial<Machine> = {}) =>
  ({ Uuid: uuid, Name: `m-${uuid}`, Description: '', Profiles: ['a'], Meta: {}, ...more }) as Machine;

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Holds machines, and applies patches to them. */
function machines(...initial: Machine[]): Handler {
  const store = new Map<string, RawModel>(initial.map((each) => [each.Uuid, { ...each }]));
  return ({ method, url, json }) => {
    const { pathname, searchParams } = new URL(url, 'http://x');
    const key = pathname.split('/')[4];
    if (key === undefined) {
      const all = [...store.values()];
      const count = { 'x-drp-list-count': String(all.length) };
      if (method === 'POST') return { status: 201, body: json() };
      const offset = Number(searchParams.get('offset') ?? 0);
      const limit = Number(searchParams.get('limit') ?? all.length);
      return method === 'HEAD' ? { headers: count } : { body: all.slice(offset, offset + limit) };
    }
    const found = store.get(key);
    if (found === undefined) {
      const error = { Model: 'machines', Key: key, Type: method, Messages: ['Not Found'], Code: 404 };
      return method === 'HEAD' ? { status: 404 } : { status: 404, body: error };
    }
    if (method === 'PUT') store.set(key, json() as RawModel);
    if (method === 'DELETE') store.delete(key);
    if (method === 'PATCH') {
      const changed = structuredClone(found);
      if (applyPatch(changed, json() as Operation[]).some((result) => result !== null)) {
        const error = { Model: 'machines', Key: key, Type: 'PATCH', Messages: ['Patch error'], Code: 409 };
        return { status: 409, body: error };
      }
      store.set(key, changed);
    }
    return { body: store.get(key) ?? found };
  };
}

test('objects are listed, got, found, filled, created, replaced and deleted', async () => {
  await using endpoint = await TestEndpoint.start(machines(machine('1'), machine('2')));
  const objects = endpoint.client().objects('machines');
  assert.equal((await objects.list()).length, 2);
  assert.equal((await objects.get('1')).Name, 'm-1');
  assert.equal((await objects.fill({ Uuid: '2' })).Name, 'm-2');
  assert.equal(await objects.exists('1'), true);
  assert.equal(await objects.exists('3'), false);
  assert.equal((await objects.create(machine('3'))).Uuid, '3');
  assert.equal((await objects.put('1', machine('1', { Name: 'new' }))).Name, 'new');
  assert.equal((await objects.remove('1')).Uuid, '1');
  await assert.rejects(objects.get('1'), { code: 404 });
  await assert.rejects(objects.fill({}), { code: 400 });
  assert.deepEqual(
    endpoint.requests.map(({ method, url }) => `${method} ${url.slice('/api/v3/'.length)}`),
    [
      'GET machines',
      'GET machines/1',
      'GET machines/2',
      'HEAD machines/1',
      'HEAD machines/3',
      'POST machines',
      'PUT machines/1',
      'DELETE machines/1',
      'GET machines/1',
    ],
  );
});

test('a filter goes into the list, the count and the shape of one object', async () => {
  await using endpoint = await TestEndpoint.start(machines(machine('1'), machine('2')));
  const objects = endpoint.client().objects('machines');
  await objects.list({ where: { Name: filter.in('a', 'b') }, limit: 1, trace: 'debug' });
  assert.equal(endpoint.last.url, '/api/v3/machines?Name=In%28a%2Cb%29&limit=1');
  assert.equal(endpoint.last.headers['x-log-request'], 'debug');
  assert.equal(await objects.count({ where: { Runnable: true } }), 2);
  assert.equal(endpoint.last.url, '/api/v3/machines?Runnable=Eq%28true%29');
  await objects.get('1', { slim: ['Params'], decode: true });
  assert.equal(endpoint.last.url, '/api/v3/machines/1?slim=Params&decode=true');
});

test('an endpoint that does not count is an error', async () => {
  await using endpoint = await TestEndpoint.start(() => ({}));
  await assert.rejects(endpoint.client().objects('machines').count(), { code: 502 });
});

test('a long list comes in pages, and no further than its limit', async () => {
  const many = Array.from({ length: 25 }, (_, index) => machine(String(index)));
  await using endpoint = await TestEndpoint.start(machines(...many));
  const objects = endpoint.client().objects('machines');
  const all = await collect(objects.each({ page: 10 }));
  assert.deepEqual(
    all.map(({ Uuid }) => Uuid),
    many.map(({ Uuid }) => Uuid),
  );
  assert.equal(endpoint.requests.length, 3);
  const some = await collect(objects.each({ page: 10, offset: 3, limit: 12 }));
  assert.deepEqual([some.length, some[0]?.Uuid, some.at(-1)?.Uuid], [12, '3', '14']);
});

test('of ten thousand objects no more than the page at hand are asked for', async () => {
  await using endpoint = await TestEndpoint.start(({ url }) => {
    const query = new URL(url, 'http://x').searchParams;
    const [offset, limit] = [Number(query.get('offset')), Number(query.get('limit'))];
    const size = Math.max(0, Math.min(limit, 10_000 - offset));
    return { body: Array.from({ length: size }, (_, index) => machine(String(offset + index))) };
  });
  let count = 0;
  for await (const { Uuid } of endpoint.client().objects('machines').each()) {
    assert.equal(Uuid, String(count));
    count += 1;
    assert.equal(endpoint.requests.length, Math.ceil(count / 500));
  }
  assert.equal(count, 10_000);
});

test('patchTo sends only what differs, and tests what was there', async () => {
  await using endpoint = await TestEndpoint.start(machines(machine('1')));
  const objects = endpoint.client().objects('machines');
  const from = await objects.get('1');
  const changed = await objects.patchTo(from, { ...from, Description: 'd', Profiles: ['a', 'b'] });
  assert.equal(changed.Description, 'd');
  assert.deepEqual(endpoint.last.json(), [
    { op: 'test', path: '/Description', value: '' },
    { op: 'test', path: '/Profiles', value: ['a'] },
    { op: 'replace', path: '/Description', value: 'd' },
    { op: 'replace', path: '/Profiles', value: ['a', 'b'] },
  ]);
});

test('a change of the same field by somebody else is a conflict, of another field only when paranoid', async () => {
  await using endpoint = await TestEndpoint.start(machines(machine('1')));
  const objects = endpoint.client().objects('machines');
  const from = await objects.get('1');
  await objects.patchTo(from, { ...from, Description: 'theirs' });
  await assert.rejects(objects.patchTo(from, { ...from, Description: 'mine' }), ConflictError);
  await assert.rejects(objects.patchTo(from, { ...from, Name: 'mine' }, { paranoid: true }), ConflictError);
  const merged = await objects.patchTo(from, { ...from, Name: 'mine' });
  assert.deepEqual([merged.Name, merged.Description], ['mine', 'theirs']);
});

test('patchTo without a difference changes nothing, and with another key is refused', async () => {
  await using endpoint = await TestEndpoint.start(machines(machine('1')));
  const objects = endpoint.client().objects('machines');
  const from = await objects.get('1');
  assert.deepEqual(await objects.patchTo(from, { ...from }), from);
  assert.equal(endpoint.last.method, 'GET');
  await assert.rejects(objects.patchTo(from, machine('2')), { code: 400 });
});

test('the field of the key depends on the prefix; a provider has its own objects by Id', () => {
  assert.deepEqual(
    ['machines', 'templates', 'profiles', 'leases', 'cows'].map((prefix) => keyField(prefix)),
    ['Uuid', 'ID', 'Name', 'Addr', 'Id'],
  );
  assert.equal(keyOf('cows', { Id: 'betsy' }), 'betsy');
  assert.throws(() => keyOf('cows', { Id: 7 }), { code: 400 });
});
