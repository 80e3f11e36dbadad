import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Running } from './running-endpoint.ts';

/** Every route that takes a body. */
const ROUTES = [
  ['POST', 'machines'],
  ['PUT', 'machines/Name:m1'],
  ['PATCH', 'machines/Name:m1'],
  ['POST', 'machines/Name:m1/params'],
  ['PATCH', 'machines/Name:m1/params'],
  ['POST', 'machines/Name:m1/params/a/b'],
  ['POST', 'machines/Name:m1/actions/none'],
  ['POST', 'system/actions/none'],
  ['PATCH', 'meta/machines/Name:m1'],
  ['POST', 'params'],
  ['PUT', 'params/a/b'],
  ['PATCH', 'params/a/b'],
  ['POST', 'profiles'],
  ['POST', 'plugins'],
  ['POST', 'tasks'],
  ['POST', 'stages'],
  ['POST', 'workflows'],
  ['POST', 'templates'],
  ['POST', 'bootenvs'],
  ['POST', 'users'],
  ['PUT', 'users/rocketskates/password'],
  ['POST', 'contents'],
  ['PUT', 'contents/BasicStore'],
  ['POST', 'events'],
] as const;

test('a body that is broken, too deep, of another type or another shape is refused on every route', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'machines', { Name: 'm1' });
  await running.ok('POST', 'params', { Name: 'a/b', Schema: { type: 'object' } });
  const before = await running.list('machines');
  for (const [method, path] of ROUTES) {
    const where = `${method} ${path}`;
    for (const body of ['{', '{"a":', '[1,]', '\u0000', 'nope', '"\ud800', '{"a":1}}']) {
      const reply = await running.call(method, path, { body });
      assert.equal(reply.status, 400, `${where} ${body}: ${reply.text}`);
    }
    const typed = await running.call(method, path, { body: '{}', headers: { 'Content-Type': 'text/plain' } });
    assert.equal(typed.status, 400, where);
    assert.match(typed.text, /Invalid content type: text\/plain/);
    for (const body of [
      'null',
      '7',
      '"text"',
      '[]',
      '[null]',
      '{}',
      `${'['.repeat(5000)}${']'.repeat(5000)}`,
      '',
    ]) {
      const reply = await running.call(method, path, { body });
      // Some of these mean something somewhere, a param's value for example. None of them breaks anything.
      assert.ok(reply.status < 500, `${where} ${body.slice(0, 20)}: ${reply.text}`);
    }
  }
  const { Params: _some, ...after } = (await running.list('machines'))[0] ?? {};
  const { Params: _none, ...machine } = before[0] ?? {};
  assert.deepEqual(after, machine);
});

test('numbers, names and texts at the edge of what there is are kept as they are', async () => {
  await using running = await Running.open();
  const value = { big: 9007199254740991, small: 5e-324, text: '\u0000 \u2028 ü 💧', '': [[], {}] };
  await running.ok('POST', 'profiles', { Name: 'edge', Params: { 'e/dge': value } });
  assert.deepEqual(await running.ok('GET', 'profiles/edge/params/e/dge'), value);
});

test('a body that is too large is refused, and the endpoint goes on', async () => {
  await using running = await Running.open();
  const body = Buffer.alloc(65 * 1024 * 1024, 0x20);
  assert.match(await running.refused(413, 'POST', 'profiles', { body }), /too large/);
  assert.equal((await running.call('GET', 'info')).status, 200);
});
