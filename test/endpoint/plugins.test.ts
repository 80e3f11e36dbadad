import assert from 'node:assert/strict';
import { on, once } from 'node:events';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { COMMUNITY_CONTENT } from '../../cmd/drpkit/demo/community-content.ts';
import type { RawModel } from '../../lib/models/index.ts';
import { until } from '../support/until.ts';
import { installProvider, providerScript, Running } from './running-endpoint.ts';

const SOURCE = 'cow-provider.ts';
const QUICK = { restartFirst: 10, restartLongest: 20 };

/** An executable that does nothing but declare a pack with a param. */
function needy(requires: string, name = 'needy'): string {
  const meta = { Name: name, Prerequisites: requires };
  const params = { [`${name}/size`]: { Name: `${name}/size`, Schema: { type: 'integer' } } };
  const Content = JSON.stringify({ meta, sections: { params } });
  const definition = { Name: name, Version: 'v1.0.0', PluginVersion: 4, Content };
  return `#!/bin/sh\n[ "$1" != define ] || cat <<'END'\n${JSON.stringify(definition)}\nEND\n`;
}

const upload = (running: Running, name: string, body: string) =>
  running.call('POST', `plugin_providers/${name}`, {
    body,
    headers: { 'Content-Type': 'application/octet-stream' },
  });

const errorsOf = async (running: Running, plugin: string) =>
  (await running.ok('GET', `plugins/${plugin}`)).PluginErrors as string[];

const offers = async (running: Running, plugin: string) =>
  (await running.list(`system/actions?plugin=${plugin}`)).length > 0;

/** The first errors that a plugin is told to have, from now on. */
async function pluginErrors({ endpoint }: Running): Promise<string> {
  const { url, token, certificate: ca } = endpoint;
  const socket = new WebSocket(`${url.replace('https', 'wss')}/api/v3/ws?token=${token}`, { ca });
  await once(socket, 'open');
  socket.send('register plugins.update.cow');
  for await (const [data] of on(socket, 'message')) {
    const { Object: plugin } = JSON.parse(String(data));
    if (plugin === null || plugin.PluginErrors.length === 0) continue;
    socket.terminate();
    return plugin.PluginErrors.join();
  }
  return '';
}

test('a provider in the folder brings its content, its kinds of objects and, with AutoStart, a plugin', async () => {
  await using running = await Running.open({ providers: { cow: SOURCE } });
  const provider = await running.ok('GET', 'plugin_providers/cow');
  assert.deepEqual([provider.Name, provider.AutoStart], ['cow', true]);
  assert.equal((await running.list('plugin_providers')).length, 1);
  const plugin = await running.ok('GET', 'plugins/cow');
  assert.deepEqual([plugin.Provider, plugin.PluginErrors], ['cow', []]);
  assert.ok(await offers(running, 'cow'));
  assert.deepEqual(
    running.log.filter(({ Level }) => Level === 'warn').map(({ Message }) => Message),
    ['Provider cow: nothing offers the action brand: no objects here have the type cow'],
  );
  const param = await running.ok('GET', 'params/cow/count');
  assert.deepEqual([param.ReadOnly, param.Bundle], [true, 'cow']);
  const layer = (await running.list('contents')).find(({ meta }) => (meta as RawModel).Name === 'cow');
  assert.deepEqual(layer?.Counts, { herds: 1, params: 4, profiles: 1 });
  assert.equal((layer?.meta as RawModel | undefined)?.Type, 'plugin');
  const other = { meta: { Name: 'cow' }, sections: {} };
  assert.match(
    await running.refused(403, 'PUT', 'contents/cow', { body: other }),
    /cannot be replaced by itself/,
  );
  assert.equal((await running.ok('GET', 'herds/first')).Place, 'Dallas');
  assert.equal((await running.ok('POST', 'cows', { Id: 'berta', Anything: [1] })).Type, 'cows');
  assert.match(await running.refused(422, 'POST', 'herds', { body: { Id: 'x' } }), /Size/);
  assert.match(await running.refused(422, 'POST', 'herds', { body: { Id: 'x', Size: 'big' } }), /integer/);
  await running.ok('POST', 'herds', { Id: 'second', Size: 5 });
  assert.deepEqual(
    (await running.list('herds?Size=Gt(3)&sort=Size')).map(({ Id }) => Id),
    ['second'],
  );
  assert.equal((await running.ok('GET', 'indexes/herds/Place')).Type, 'string');
  const objects = (await running.ok('GET', 'objects')) as unknown as string[];
  assert.ok(objects.includes('cows') && objects.includes('herds'));
});

test('what a provider brought is there at the next start as well, and nothing is made twice', async () => {
  const first = await Running.open({ providers: { cow: SOURCE } });
  await first.ok('POST', 'cows', { Id: 'berta' });
  await first.ok('PATCH', 'plugins/cow', [{ op: 'replace', path: '/Description', value: 'mine' }]);
  await first.endpoint.close();
  await using second = await Running.open({ root: first.root });
  assert.equal((await second.ok('GET', 'cows/berta')).Id, 'berta');
  assert.equal((await second.ok('GET', 'plugins/cow')).Description, 'mine');
  assert.ok(await offers(second, 'cow'));
});

test('a plugin is started with its params, anew when they change, and stopped when it is taken away', async () => {
  await using running = await Running.open({ providers: { cow: SOURCE } });
  const configured = () =>
    running.log.filter(({ Message }) => Message.startsWith('configured with')).map(({ Message }) => Message);
  await running.ok('POST', 'plugins', {
    Name: 'second',
    Provider: 'cow',
    Params: { own: 1 },
  });
  await until(() => offers(running, 'second'), 'the second plugin');
  await until(() => configured().length === 2, 'its log');
  assert.deepEqual(configured(), ['configured with ', 'configured with own']);
  await running.secret('plugins/second', 'cow/key', 'k');
  await until(() => configured().length === 3, 'a new start');
  assert.deepEqual(configured()[2], 'configured with cow/key own');
  await until(() => offers(running, 'second'), 'the second plugin again');
  await running.ok('PATCH', 'plugins/second', [{ op: 'replace', path: '/Meta', value: { a: 'b' } }]);
  await running.ok('DELETE', 'plugins/second');
  await until(async () => !(await offers(running, 'second')), 'the end of the second plugin');
  assert.equal(configured().length, 3);
  assert.ok(await offers(running, 'cow'));
});

test('what keeps a plugin from running is in its PluginErrors, until it runs', async () => {
  await using running = await Running.open({ providers: { cow: SOURCE } });
  const made = await running.ok('POST', 'plugins', { Name: 'lost', Provider: 'nobody' });
  assert.equal(made.Provider, 'nobody');
  await until(async () => (await errorsOf(running, 'lost')).length > 0, 'an error');
  assert.deepEqual(await errorsOf(running, 'lost'), ['Missing Plugin Provider: nobody']);
  await running.ok('POST', 'plugins', { Name: 'picky', Provider: 'cow' });
  await running.secret('plugins/picky', 'cow/key', 'refused');
  await until(async () => (await errorsOf(running, 'picky')).length > 0, 'an error');
  assert.deepEqual(await errorsOf(running, 'picky'), ['this key is refused']);
  assert.ok(!(await offers(running, 'picky')));
  await running.secret('plugins/picky', 'cow/key', 'good');
  await until(() => offers(running, 'picky'), 'the plugin');
  assert.deepEqual(await errorsOf(running, 'picky'), []);
});

test('a plugin that dies is started again, and its death is recorded', async () => {
  await using running = await Running.open({ providers: { cow: SOURCE }, limits: QUICK });
  const recorded = pluginErrors(running);
  const starts = () => running.log.filter(({ Message }) => Message.startsWith('configured with')).length;
  await until(() => starts() === 1, 'its log');
  const message = await running.refused(502, 'POST', 'system/actions/die', { body: {} });
  assert.match(message, /exited with code 9/);
  await until(() => starts() === 2, 'a new start');
  await until(() => offers(running, 'cow'), 'the plugin');
  assert.deepEqual(await errorsOf(running, 'cow'), []);
  assert.ok(running.log.some(({ Message, Level }) => Level === 'error' && /died.*code 9/.test(Message)));
  assert.match(await recorded, /exited with code 9/);
});

test('a plugin that is forbidden takes its provider with it', async () => {
  await using running = await Running.open({ providers: { cow: SOURCE } });
  await running.secret('plugins/cow', 'cow/key', 'forbidden');
  await until(async () => (await running.list('plugin_providers')).length === 0, 'the end of the provider');
  assert.deepEqual(await errorsOf(running, 'cow'), ['no licence']);
  await running.refused(404, 'GET', 'params/cow/count');
  await running.refused(404, 'GET', 'herds');
});

test('a provider is uploaded, downloaded, replaced and deleted', async () => {
  await using running = await Running.open();
  const headers = { 'Content-Type': 'application/octet-stream' };
  const body = providerScript(SOURCE);
  const upload = () => running.call('POST', 'plugin_providers/anything', { headers, body });
  const first = await upload();
  assert.equal(first.status, 201, first.text);
  assert.deepEqual(first.json, { path: 'cow', size: body.length });
  await until(() => offers(running, 'cow'), 'the plugin');
  const binary = await running.call('GET', 'plugin_providers/cow/binary');
  assert.equal(binary.text, body);
  const again = await running.call('GET', 'plugin_providers/cow/binary', {
    headers: { 'If-None-Match': String(binary.headers.etag) },
  });
  assert.equal(again.status, 304);
  const started = () => running.log.filter(({ Message }) => Message.startsWith('configured with')).length;
  await until(() => started() === 1, 'its log');
  assert.equal((await upload()).status, 201);
  await until(() => started() === 2, 'a new start');
  await until(() => offers(running, 'cow'), 'the plugin again');
  assert.equal((await running.call('DELETE', 'plugin_providers/cow')).status, 204);
  await until(async () => (await errorsOf(running, 'cow')).length > 0, 'an error');
  assert.deepEqual(await errorsOf(running, 'cow'), ['Missing Plugin Provider: cow']);
  await running.refused(404, 'DELETE', 'plugin_providers/cow');
  await running.refused(404, 'GET', 'plugin_providers/cow/binary');
  await assert.rejects(readFile(join(running.root, 'plugins', 'cow')));
  await running.refused(404, 'GET', 'params/cow/count');
});

test('a long poll for an object of a provider that is deleted ends, and holds up nothing', async () => {
  await using running = await Running.open({ providers: { cow: SOURCE } });
  await running.ok('POST', 'cows', { Id: 'berta' });
  const etag = String((await running.call('HEAD', 'cows/berta')).headers.etag);
  const headers = { 'If-None-Match': etag, Prefer: 'wait=500ms' };
  const waiting = running.call('GET', 'cows/berta', { headers });
  await running.call('GET', 'cows/berta', { headers: { ...headers, Prefer: 'wait=10ms' } });
  assert.equal((await running.call('DELETE', 'plugin_providers/cow')).status, 204);
  assert.ok([304, 404].includes((await waiting).status));
});

test('a provider is uploaded as a form, too', async () => {
  await using running = await Running.open();
  const body = [
    '--sep',
    'Content-Disposition: form-data; name="file"; filename="cow"',
    'Content-Type: application/octet-stream',
    '',
    providerScript(SOURCE),
    '--sep--',
    '',
  ].join('\r\n');
  const headers = { 'Content-Type': 'multipart/form-data; boundary=sep' };
  const reply = await running.call('POST', 'plugin_providers/cow', { headers, body });
  assert.equal(reply.status, 201, reply.text);
  await running.refused(400, 'POST', 'plugin_providers/cow', { headers, body: 'no form' });
  const without = body.replace('name="file"', 'name="other"');
  assert.match(
    await running.refused(400, 'POST', 'plugin_providers/cow', { headers, body: without }),
    /multipart file/,
  );
});

test('an upload that is not a provider is refused with what was seen, and leaves nothing behind', async () => {
  await using running = await Running.open();
  const headers = { 'Content-Type': 'application/octet-stream' };
  for (const [body, expected] of [
    ['#!/bin/sh\necho hello; exit 1\n', /exited with code 1.*hello/s],
    ['#!/bin/sh\necho "{}"\n', /PluginVersion/],
    ['not a program', /./],
    ['', /./],
  ] as const) {
    assert.match(await running.refused(400, 'POST', 'plugin_providers/bad', { headers, body }), expected);
  }
  assert.match(await running.refused(400, 'POST', 'plugin_providers/bad', { body: {} }), /octet-stream/);
  await running.refused(400, 'POST', 'plugin_providers/..%2Fbad', { headers, body: 'x' });
  await running.refused(400, 'POST', 'plugin_providers/.bad', { headers, body: 'x' });
  const { readdir } = await import('node:fs/promises');
  assert.deepEqual(await readdir(join(running.root, 'plugins')), []);
  assert.equal((await running.list('plugin_providers')).length, 0);
});

test('a provider that appears in the folder is found, and forgotten when it disappears', async () => {
  await using running = await Running.open();
  const file = await installProvider(running.root, 'cow', SOURCE);
  await until(() => offers(running, 'cow'), 'the plugin');
  await writeFile(join(running.root, 'plugins', 'notes.txt'), 'not a program');
  await until(
    () => running.log.some(({ Message }) => Message.startsWith('Skipping notes.txt')),
    'the note to be skipped',
  );
  await rename(file, join(running.root, 'moved'));
  await until(async () => (await running.list('plugin_providers')).length === 0, 'the end of the provider');
  await until(async () => (await errorsOf(running, 'cow')).length > 0, 'an error');
  assert.deepEqual(await errorsOf(running, 'cow'), ['Missing Plugin Provider: cow']);
  await rename(join(running.root, 'moved'), file);
  await until(() => offers(running, 'cow'), 'the plugin again');
  assert.deepEqual(await errorsOf(running, 'cow'), []);
  await rm(file);
});

test('a plugin with HasPublish is told of every change, and makes events of its own', async () => {
  await using running = await Running.open({ providers: { cow: SOURCE } });
  await running.ok('POST', 'machines', { Name: 'm1' });
  const seen = 'saw machines.create of user:rocketskates';
  await until(() => running.log.some(({ Message }) => Message === seen), 'the event');
});

test("a plugin's own routes are reached through the endpoint, with credentials only", async () => {
  await using running = await Running.open({ providers: { cow: SOURCE } });
  for (const base of ['/api/v3/', '/api/v4/', '/']) {
    const reply = await running.call('PUT', 'plugin-apis/cow/a/b?c=d', { base, body: 'hello' });
    assert.deepEqual(reply.json, { method: 'PUT', path: '/a/b', body: 'hello' }, base);
    const { status } = await running.call('GET', 'plugin-apis/cow/a', { base, authorization: null });
    assert.equal(status, 401);
  }
  await running.refused(404, 'GET', 'plugin-apis/none/a');
});

describe('a provider whose pack requires another', () => {
  const SKIPPED =
    'Skipping provider packet-ipmi, until this is mended: Layer packet-ipmi has drp-community-content as a prerequisite, but drp-community-content does not exist! upload drp-community-content first (>=0.0.0); dr-provision itself would not start with provider packet-ipmi in its plugins folder';
  const errorsLogged = (running: Running) =>
    running.log.filter(({ Level }) => Level === 'error').map(({ Message }) => Message);
  const known = async (running: Running) =>
    (await running.list('plugin_providers')).map(({ Name }) => Name).includes('packet-ipmi');

  test('is passed over at the start, its plugins say why, and it is loaded when the pack arrives', async () => {
    await using running = await Running.open({
      providers: { 'packet-ipmi': '../../cmd/packet-ipmi/main.ts' },
    });
    assert.equal(await known(running), false);
    assert.deepEqual(errorsLogged(running), [SKIPPED]);
    await running.ok('POST', 'plugins', { Name: 'metal', Provider: 'packet-ipmi' });
    await until(async () => (await errorsOf(running, 'metal')).length > 0, 'the errors of the plugin');
    assert.match(
      (await errorsOf(running, 'metal')).join('; '),
      /^Missing Plugin Provider: packet-ipmi; Layer/,
    );

    await running.ok('POST', 'contents', { meta: { Name: 'another', Version: '1.0.0' }, sections: {} });
    assert.equal(await known(running), false);
    assert.deepEqual(errorsLogged(running), [SKIPPED], 'it is said once');

    await running.ok('POST', 'contents', COMMUNITY_CONTENT);
    await until(() => known(running), 'the provider');
    await until(
      async () => /^Missing required parameter/.test((await errorsOf(running, 'metal')).join()),
      'the plugin to miss nothing but its params',
    );
    const refused = await running.refused(422, 'DELETE', 'contents/drp-community-content');
    assert.match(refused, /^Layer packet-ipmi has drp-community-content as a prerequisite/);
    await running.ok('DELETE', 'plugin_providers/packet-ipmi', undefined, 204);
    await running.ok('DELETE', 'contents/drp-community-content', undefined, 204);
  });

  test('has no content any more when its file was taken away while the endpoint did not run', async () => {
    const first = await Running.open({ packs: [COMMUNITY_CONTENT] });
    await upload(first, 'needy', needy('drp-community-content'));
    await first.ok('GET', 'params/needy/size');
    await first.endpoint.close();
    await rm(join(first.root, 'plugins', 'needy'));
    await using second = await Running.open({ root: first.root });
    await second.refused(404, 'GET', 'params/needy/size');
    await second.ok('DELETE', 'contents/drp-community-content', undefined, 204);
  });

  test('is refused in an upload, and the one before it stays', async () => {
    await using running = await Running.open({ packs: [COMMUNITY_CONTENT] });
    const before = needy('drp-community-content');
    assert.equal((await upload(running, 'needy', before)).status, 201);
    const newer = needy('drp-community-content: >=5.0.0, more-content');
    const { status, json } = await upload(running, 'needy', newer);
    assert.equal(status, 400);
    assert.deepEqual((json as { Messages: string[] }).Messages, [
      'Import plugin failed needy: bad plugin: Layer needy prerequisite test on drp-community-content failed: drp-community-content is v4.8.0, and >=5.0.0 is required',
      'Import plugin failed needy: bad plugin: Layer needy has more-content as a prerequisite, but more-content does not exist! upload more-content first (>=0.0.0)',
    ]);
    assert.equal(await readFile(join(running.root, 'plugins', 'needy'), 'utf8'), before);
    await running.ok('GET', 'params/needy/size');
  });

  test('of another provider is loaded after it, whatever their names', async () => {
    await using running = await Running.open();
    const write = async (name: string, requires: string) => {
      await writeFile(join(running.root, 'plugins', name), needy(requires, name), { mode: 0o700 });
    };
    await write('a-first', 'z-last');
    await until(() => errorsLogged(running).length > 0, 'the first to be passed over');
    await write('z-last', '');
    await until(async () => (await running.list('plugin_providers')).length === 2, 'both');
  });
});
