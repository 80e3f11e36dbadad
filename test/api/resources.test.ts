import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { ConflictError } from '../../lib/api/index.ts';
import { TestEndpoint } from './test-endpoint.ts';

test('actions are listed, shown and run, on objects and on the system', async () => {
  const action = { Provider: 'ipmi', Model: 'machines', Command: 'poweron' };
  await using endpoint = await TestEndpoint.start(({ method, url }) => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(method === 'POST' ? 'on' : url.endsWith('poweron') ? action : [action]),
  }));
  const client = endpoint.client();
  const actions = client.actions('machines', 'k');
  assert.deepEqual(await actions.list({ plugin: 'ipmi' }), [action]);
  assert.equal(endpoint.last.url, '/api/v3/machines/k/actions?plugin=ipmi');
  assert.deepEqual(await actions.show('poweron'), action);
  assert.equal(await actions.run('poweron', { 'a/b': 1 }, { plugin: 'ipmi' }), 'on');
  assert.equal(endpoint.last.url, '/api/v3/machines/k/actions/poweron?plugin=ipmi');
  assert.deepEqual(endpoint.last.json(), { 'a/b': 1 });
  await client.systemActions().run('incrstatus');
  assert.deepEqual([endpoint.last.url, endpoint.last.json()], ['/api/v3/system/actions/incrstatus', {}]);
  // What jobs have as actions is what their task does.
  await client.actions('jobs', 'j').list();
  assert.equal(endpoint.last.url, '/api/v3/jobs/j/plugin_actions');
});

test('content packs are listed, got, created, replaced and deleted', async () => {
  const meta = { Name: 'pack', Version: 'v1.0.0' };
  const content = { meta, sections: { params: { 'a/b': { Name: 'a/b' } } } };
  const summary = { meta, Counts: { params: 1 }, Warnings: null };
  await using endpoint = await TestEndpoint.start(({ method, url }) => {
    if (method === 'DELETE') return { status: 204 };
    if (method === 'GET') return { body: url.endsWith('pack') ? content : [summary] };
    return method === 'POST' && url.includes('?')
      ? { status: 409, body: { Messages: ['exists'], Code: 409 } }
      : { body: summary };
  });
  const contents = endpoint.client().contents();
  assert.deepEqual(await contents.list(), [summary]);
  assert.deepEqual(await contents.get('pack'), content);
  assert.deepEqual(await contents.create(content), summary);
  assert.deepEqual(endpoint.last.json(), content);
  await assert.rejects(contents.create(content, { replaceWritable: true }), ConflictError);
  assert.equal(endpoint.last.url, '/api/v3/contents?replaceWritable=true');
  await contents.replace(content);
  assert.deepEqual([endpoint.last.method, endpoint.last.url], ['PUT', '/api/v3/contents/pack']);
  await contents.remove('pack');
  assert.deepEqual([endpoint.last.method, endpoint.last.url], ['DELETE', '/api/v3/contents/pack']);
});

test('a provider is uploaded from a file with its length, and the progress is told', async () => {
  await using endpoint = await TestEndpoint.start(({ method, url, body }) =>
    method === 'POST'
      ? { status: 201, body: { path: 'ipmi', size: body.length } }
      : { body: url.endsWith('ipmi') ? { Name: 'ipmi' } : [{ Name: 'ipmi' }] },
  );
  const providers = endpoint.client().pluginProviders();
  const file = path.join(endpoint.directory, 'ipmi');
  await writeFile(file, 'x'.repeat(300_000));
  const seen: { transferred: number; total?: number }[] = [];
  const result = await providers.upload('ipmi', { file }, { onProgress: (each) => seen.push(each) });
  assert.deepEqual(result, { path: 'ipmi', size: 300_000 });
  assert.equal(endpoint.last.url, '/api/v3/plugin_providers/ipmi');
  assert.equal(endpoint.last.headers['content-length'], '300000');
  assert.equal(endpoint.last.headers['content-type'], 'application/octet-stream');
  assert.deepEqual(seen.at(-1), { transferred: 300_000, total: 300_000 });
  assert.ok(seen.every(({ transferred }, index) => transferred >= (seen[index - 1]?.transferred ?? 0)));
  await providers.upload('ipmi', new Uint8Array(5), { replaceWritable: true });
  assert.equal(endpoint.last.url, '/api/v3/plugin_providers/ipmi?replaceWritable=true');
  assert.deepEqual(await providers.list(), [{ Name: 'ipmi' }]);
  assert.deepEqual(await providers.get('ipmi'), { Name: 'ipmi' });
  await providers.remove('ipmi');
  assert.equal(endpoint.last.method, 'DELETE');
});

test('a body that is not JSON is read as it comes; an error is an error', async () => {
  await using endpoint = await TestEndpoint.start(({ url }) =>
    url.endsWith('log') ? { body: 'line 1\nline 2\n' } : { status: 404, body: { Type: 'GET', Code: 404 } },
  );
  const { status, body } = await endpoint.client().open({ path: ['jobs', 'j', 'log'] });
  assert.deepEqual([status, await text(body)], [200, 'line 1\nline 2\n']);
  await assert.rejects(endpoint.client().open({ path: ['jobs', 'k'] }), { code: 404 });
});

test('bytes and streams are uploaded too; a file that cannot be read is an error by its name', async () => {
  await using endpoint = await TestEndpoint.start(({ body }) => ({
    body: { Path: '/x', Size: body.length },
  }));
  const files = endpoint.client().files();
  assert.deepEqual(await files.upload('a/x', new Uint8Array(5)), { Path: '/x', Size: 5 });
  const stream = Readable.from([Buffer.from('ab'), Buffer.from('c')]);
  assert.equal((await files.upload('/a/x', stream, { explode: true })).Size, 3);
  assert.equal(endpoint.last.url, '/api/v3/files/a/x?explode=true');
  await assert.rejects(files.upload('x', { file: '/does/not/exist' }), (error: Error) => {
    assert.match(error.message, /Cannot read \/does\/not\/exist/);
    return true;
  });
  const folder = import.meta.dirname;
  await assert.rejects(files.upload('x', { file: folder }), {
    code: 400,
    messages: [`Cannot read ${folder}: it is a folder`],
  });
});

test('blobs are listed and deleted, and their checksum is in a header of one kind or the other', async () => {
  const hex = 'ab'.repeat(32);
  const replies: Record<string, string>[] = [
    { 'x-drp-sha256sum': hex.toUpperCase() },
    { etag: `"SHA256:${hex}"` },
    { etag: '"x"' },
  ];
  await using endpoint = await TestEndpoint.start(({ method }) =>
    method === 'HEAD' ? { headers: replies.shift() } : { body: ['a', 'folder/'] },
  );
  const isos = endpoint.client().isos();
  assert.deepEqual(await isos.list('sub'), ['a', 'folder/']);
  assert.equal(endpoint.last.url, '/api/v3/isos?path=sub');
  await isos.list('sub', { recurse: true });
  assert.equal(endpoint.last.url, '/api/v3/isos?path=sub&all=true');
  assert.equal(await isos.sum('a'), hex);
  assert.equal(await isos.sum('a'), hex);
  assert.equal(await isos.sum('a'), undefined);
  await isos.remove('a');
  assert.deepEqual([endpoint.last.method, endpoint.last.url], ['DELETE', '/api/v3/isos/a']);
});
