import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
import { until } from '../support/until.ts';
import { Running } from './running-endpoint.ts';

const MACHINE = 'machines/Name:m1';

async function open(): Promise<Running> {
  const running = await Running.open({ providers: { cow: 'cow-provider.ts' } });
  await running.ok('POST', 'machines', { Name: 'm1' });
  return running;
}

const commands = async (running: Running, path: string) =>
  (await running.list(path)).map(({ Command }) => Command);

test('an object is offered the actions that it has the required params for', async () => {
  await using running = await open();
  assert.deepEqual(await commands(running, `${MACHINE}/actions`), []);
  assert.match(await running.refused(400, 'GET', `${MACHINE}/actions/milk`), /Missing Parameter cow\/name/);
  await running.ok('POST', `${MACHINE}/params`, { 'cow/name': 'Alma' }, 200);
  await running.secret(MACHINE, 'cow/secret', 's');
  assert.deepEqual(await running.list(`${MACHINE}/actions`), [
    {
      Provider: 'cow',
      Model: 'machines',
      Command: 'milk',
      RequiredParams: ['cow/name', 'cow/secret'],
      OptionalParams: ['cow/count'],
    },
  ]);
  assert.equal((await running.ok('GET', `${MACHINE}/actions/milk`)).Command, 'milk');
  assert.deepEqual(await commands(running, 'system/actions'), ['die', 'fail', 'moo', 'shout']);
  assert.deepEqual(await commands(running, `${MACHINE}/actions?plugin=other`), []);
  assert.match(await running.refused(404, 'GET', `${MACHINE}/actions/none`), /none: Not Found/);
  await running.refused(404, 'GET', 'machines/Name:none/actions');
  await running.refused(404, 'GET', 'nothing/x/actions');
});

test("an action's params come from the call, the object, its profiles, the plugin and the defaults", async () => {
  await using running = await open();
  await running.secret('plugins/cow', 'cow/secret', 'of the plugin');
  await until(async () => (await commands(running, 'system/actions')).length > 0, 'the plugin');
  await running.ok('PATCH', MACHINE, [{ op: 'replace', path: '/Profiles', value: ['herd-profile'] }]);
  const milk = async (body: RawModel) =>
    (await running.ok('POST', `${MACHINE}/actions/milk`, body, 200)).params;
  assert.deepEqual(await milk({}), { 'cow/name': 'Berta', 'cow/secret': 'of the plugin', 'cow/count': 7 });
  await running.ok('POST', `${MACHINE}/params`, { 'cow/name': 'Own', 'cow/count': 2 }, 200);
  await running.secret(MACHINE, 'cow/secret', 'sealed');
  assert.deepEqual(await milk({}), { 'cow/name': 'Own', 'cow/secret': 'sealed', 'cow/count': 2 });
  assert.deepEqual(await milk({ 'cow/name': 'Given' }), {
    'cow/name': 'Given',
    'cow/secret': 'sealed',
    'cow/count': 2,
  });
});

test('params that are missing or do not fit are refused before the plugin is called', async () => {
  await using running = await open();
  const run = (body: unknown) => running.refused(400, 'POST', `${MACHINE}/actions/milk`, { body });
  assert.equal(
    await run({}),
    'Action milk Missing Parameter cow/name\nAction milk Missing Parameter cow/secret',
  );
  const given = { 'cow/name': 'n', 'cow/secret': 's' };
  assert.match(
    await run({ ...given, 'cow/count': -1 }),
    /Invalid Parameter: cow\/count: : \(root\): Must be greater than or equal to 0/,
  );
  assert.match(await run({ ...given, 'cow/name': 7 }), /Invalid Parameter: cow\/name/);
  assert.match(await run([]), /object of params/);
  assert.match(
    await running.refused(400, 'POST', `${MACHINE}/actions/none`, { body: {} }),
    /Action none on machines: Not Found/,
  );
  assert.match(
    await running.refused(400, 'POST', `${MACHINE}/actions/milk?plugin=other`, { body: {} }),
    /for plugin other not found/,
  );
  assert.ok(!running.log.some(({ Message }) => Message.includes('/action')));
});

test('a system action gets the global profile, and an error of the plugin comes through as INVOKE', async () => {
  await using running = await open();
  assert.equal(await running.ok('POST', 'system/actions/moo', {}, 200), 'global');
  assert.equal(await running.ok('POST', 'system/actions/moo', undefined, 200), 'global');
  const reply = await running.call('POST', 'system/actions/fail', { body: {} });
  assert.equal(reply.status, 418);
  assert.deepEqual(reply.json, {
    Model: 'plugin',
    Key: 'cow',
    Type: 'INVOKE',
    Messages: ['no coffee'],
    Code: 418,
  });
});

test('an action on a plugin is run by that plugin, or by the one that is asked for', async () => {
  await using running = await open();
  await running.ok('POST', 'plugins', { Name: 'another', Provider: 'cow' });
  await until(
    async () => (await commands(running, 'system/actions?plugin=another')).length > 0,
    'the plugin',
  );
  for (const name of ['another', 'cow']) {
    assert.equal(await running.ok('POST', `plugins/${name}/actions/whoami`, {}, 200), name);
    assert.equal(await running.ok('POST', `plugins/cow/actions/whoami?plugin=${name}`, {}, 200), name);
  }
});
