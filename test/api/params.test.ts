import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyPatch, type Operation } from 'rfc6902';
import { ConflictError, isSecureData, sealingKeys, unseal } from '../../lib/api/index.ts';
import { type Handler, TestEndpoint } from './test-endpoint.ts';

interface Store {
  params: Record<string, unknown>;
  publicKey: string;
  /** Called before each patch is applied. */
  meanwhile: () => void;
}

/** One machine's params, patched as the endpoint does it. */
function paramServer(params: Record<string, unknown> = {}): { store: Store; handler: Handler } {
  const store: Store = { params, publicKey: '', meanwhile: () => {} };
  const handler: Handler = ({ method, url, json }) => {
    const { pathname } = new URL(url, 'http://x');
    if (pathname.endsWith('/pubkey')) return { headers: JSON_TYPE, body: JSON.stringify(store.publicKey) };
    const name = decodeURIComponent(pathname.slice('/api/v3/machines/k/params/'.length));
    const json200 = (body: unknown) => ({ headers: JSON_TYPE, body: JSON.stringify(body ?? null) });
    if (name === '') {
      if (method === 'POST') store.params = json() as Record<string, unknown>;
      if (method === 'PATCH') {
        store.meanwhile();
        const operations = json() as Operation[];
        const changed = { document: structuredClone(store.params) };
        const prefixed = operations.map((each) => ({ ...each, path: `/document${each.path}` }));
        if (applyPatch(changed, prefixed as Operation[]).some((result) => result !== null)) {
          return {
            status: 409,
            body: { Model: 'machines', Key: 'k', Messages: ['Patch failed'], Code: 409 },
          };
        }
        store.params = changed.document;
      }
      return json200(store.params);
    }
    if (method === 'POST') store.params[name] = json();
    if (method === 'DELETE') {
      const had = store.params[name];
      delete store.params[name];
      return json200(had);
    }
    return json200(store.params[name]);
  };
  return { store, handler };
}

const JSON_TYPE = { 'content-type': 'application/json' };

test('params are got, set, listed, removed and replaced', async () => {
  const { store, handler } = paramServer({ 'a/b': 0, n: null });
  await using endpoint = await TestEndpoint.start(handler);
  const params = endpoint.client().params('machines', 'k');
  assert.equal(await params.get('a/b'), 0);
  assert.equal(await params.get('n'), undefined);
  assert.equal(await params.get('none'), undefined);
  assert.equal(await params.set('c', false), false);
  assert.deepEqual(await params.all(), { 'a/b': 0, n: null, c: false });
  assert.equal(await params.remove('a/b'), 0);
  await params.replaceAll({ x: 1 });
  assert.deepEqual(store.params, { x: 1 });
});

test('aggregate and decode are asked for in the query', async () => {
  const { handler } = paramServer();
  await using endpoint = await TestEndpoint.start(handler);
  const params = endpoint.client().params('machines', 'k');
  await params.get('a', { aggregate: true, decode: true });
  assert.equal(endpoint.last.url, '/api/v3/machines/k/params/a?aggregate=true&decode=true');
  await params.all({ aggregate: true });
  assert.equal(endpoint.last.url, '/api/v3/machines/k/params?aggregate=true');
});

test('compare-and-set changes a param only from the expected value', async () => {
  const { store, handler } = paramServer({ 'a/b': 1, list: [1] });
  await using endpoint = await TestEndpoint.start(handler);
  const params = endpoint.client().params('machines', 'k');
  await params.compareAndSet('a/b', 1, 2);
  await assert.rejects(params.compareAndSet('a/b', 1, 3), ConflictError);
  await assert.rejects(params.compareAndSet('none', 1, 3), ConflictError);
  await params.compareAndSet('list', [1], undefined);
  assert.deepEqual(store.params, { 'a/b': 2 });
});

test('a param that must be absent is set only then, whatever other params do meanwhile', async () => {
  const { store, handler } = paramServer({ other: 0 });
  await using endpoint = await TestEndpoint.start(handler);
  const params = endpoint.client().params('machines', 'k');
  let changes = 3;
  store.meanwhile = () => {
    if (changes > 0) store.params.other = changes;
    changes -= 1;
  };
  await params.compareAndSet('a', undefined, 1);
  assert.deepEqual(store.params, { other: 1, a: 1 });
  await assert.rejects(params.add('a', 2), ConflictError);
  await params.compareAndSet('absent', undefined, undefined);
  store.meanwhile = () => {
    store.params.b = 'theirs';
  };
  await assert.rejects(params.add('b', 'mine'), ConflictError);
  assert.equal(Object.entries(store.params).find(([name]) => name === 'b')?.[1], 'theirs');
});

test('a param that must be absent is given up when the others never rest, or the conflict is another', async () => {
  const { store, handler } = paramServer({ other: 0 });
  await using endpoint = await TestEndpoint.start(handler);
  const params = endpoint.client().params('machines', 'k');
  store.meanwhile = () => {
    store.params.other = Math.random();
  };
  await assert.rejects(params.add('a', 1), ConflictError);
  const patches = endpoint.requests.filter(({ method }) => method === 'PATCH').length;
  assert.equal(patches, 5);
  endpoint.handler = ({ method }) =>
    method === 'PATCH' ? { status: 409, body: { Messages: ['locked'], Code: 409 } } : { body: { other: 1 } };
  await assert.rejects(params.add('a', 1), /locked/);
  assert.equal(endpoint.requests.filter(({ method }) => method === 'PATCH').length, 6);
});

test('a secure param leaves sealed with the key of the object', async () => {
  const { store, handler } = paramServer();
  const keys = await sealingKeys();
  store.publicKey = Buffer.from(keys.publicKey).toString('base64');
  await using endpoint = await TestEndpoint.start(handler);
  const params = endpoint.client().params('machines', 'k');
  await params.setSecure('ipmi/password', { secret: 'geheim' });
  assert.ok(endpoint.requests.every(({ body }) => !body.includes('geheim')));
  const sealed = store.params['ipmi/password'];
  assert.ok(isSecureData(sealed));
  assert.deepEqual(await unseal(keys.secretKey, sealed), { secret: 'geheim' });
  store.publicKey = 'c2hvcnQ=';
  await assert.rejects(params.setSecure('x', 1), { code: 502 });
});
