import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { RawModel, SocketExchange, TrafficPart } from '../../lib/models/index.ts';
import { until } from '../support/until.ts';
import { type CallOptions, Running } from './running-endpoint.ts';

const SECRET = 'moo-secret-of-the-herd';

describe('what the inspector asks of its endpoint', () => {
  let running: Running;
  before(async () => {
    running = await Running.open({
      providers: { cow: './cow-provider.ts', selecting: '../faults/selecting-provider.ts' },
      limits: { restartFirst: 50 },
    });
    await running.ok('POST', 'plugins', { Name: 'orphan', Provider: 'gone' });
    await running.ok('POST', 'machines', { Name: 'm1', Params: { 'cow/name': 'Elsa' } });
    await running.secret('machines/Name:m1', 'cow/secret', SECRET);
  });
  after(() => running[Symbol.asyncDispose]());

  const call = (method: string, path: string, options: CallOptions = {}) =>
    running.call(method, path, { base: '/ui/api/', ...options });
  const ok = async (method: string, path: string, body?: unknown, status = 200): Promise<RawModel> => {
    const reply = await call(method, path, { body });
    assert.equal(reply.status, status, reply.text);
    return reply.json as RawModel;
  };
  const cow = () => ok('GET', 'plugins/cow');
  const traffic = async (after = 0, wait = 0) =>
    (await ok('GET', `plugins/cow/traffic?after=${after}&wait=${wait}`)) as unknown as TrafficPart;
  const isAction = ({ Path }: SocketExchange) => Path === '/api-plugin/v4/action';
  const isRunning = async () => (await cow()).State === 'running';

  test('a plugin is shown as the process that it is', async () => {
    const { StartedAt, Pid, MemoryBytes, ...rest } = await cow();
    assert.deepEqual(rest, { Name: 'cow', Provider: 'cow', State: 'running', Restarts: 0 });
    assert.ok(Math.abs(Date.now() - Date.parse(String(StartedAt))) < 3_600_000);
    process.kill(Number(Pid), 0);
    if (process.platform === 'linux') assert.ok(Number(MemoryBytes) > 10_000_000, `${MemoryBytes} bytes`);
  });

  test('one whose provider is missing has failed, and says why', async () => {
    const all = (await ok('GET', 'plugins')) as unknown as RawModel[];
    assert.deepEqual(
      all.map(({ Name, State }) => `${Name} ${State}`),
      ['cow running', 'orphan failed'],
    );
    const { LastError } = all[1] ?? {};
    assert.deepEqual((LastError as RawModel).Messages, ['Missing Plugin Provider: gone']);
    assert.equal((await ok('POST', 'plugins/orphan/start')).State, 'failed');
  });

  test('it is stopped, stays so, and is started again, and starting what runs changes nothing', async () => {
    const before = await cow();
    const stopped = await ok('POST', 'plugins/cow/stop');
    assert.equal(stopped.State, 'stopped');
    assert.equal(stopped.Pid, undefined);
    assert.equal(stopped.LastError, undefined);
    assert.throws(() => process.kill(Number(before.Pid), 0));
    const object = await running.ok('GET', 'plugins/cow');
    assert.deepEqual(object.PluginErrors, ['the plugin was stopped by user:rocketskates']);
    assert.match(await running.refused(503, 'GET', 'plugin-apis/cow/x'), /not running \(stopped\)/);

    const started = await ok('POST', 'plugins/cow/start');
    assert.equal(started.State, 'running');
    assert.deepEqual((await running.ok('GET', 'plugins/cow')).PluginErrors, []);
    assert.equal((await ok('POST', 'plugins/cow/start')).Pid, started.Pid);
    const again = await ok('POST', 'plugins/cow/restart');
    assert.equal(again.State, 'running');
    assert.notEqual(again.Pid, started.Pid);
    assert.equal(again.Restarts, 0);
  });

  test('what died says why until it is started on purpose', async () => {
    await running.call('POST', 'system/actions/die', { body: {} });
    await until(async () => (await cow()).Restarts === 1 && (await isRunning()), 'the restart');
    const { LastError } = await cow();
    assert.match(String((LastError as RawModel).Messages), /exited with code 9/);
    await ok('POST', 'plugins/cow/restart');
    assert.equal((await cow()).LastError, undefined);
  });

  test('a start that fails is answered with what the plugin said', async () => {
    await running.secret('plugins/cow', 'cow/key', 'refused');
    await until(async () => (await cow()).State === 'failed', 'the refusal');
    const failed = await ok('POST', 'plugins/cow/restart');
    assert.equal(failed.State, 'failed');
    assert.deepEqual((failed.LastError as RawModel).Messages, ['this key is refused']);
    assert.equal((failed.LastError as RawModel).Code, 409);
    await running.ok('DELETE', 'plugins/cow/params/cow/key');
    await until(isRunning, 'the plugin without the key');
  });

  test('the traffic of a plugin is shown as it is on its sockets, without what is secret', async () => {
    const { Next } = await traffic();
    const waiting = traffic(Next, 25);
    const result = await running.ok('POST', 'machines/Name:m1/actions/milk', {}, 200);
    assert.equal((result.params as RawModel)['cow/secret'], SECRET);
    const first = await waiting;
    assert.ok(first.Entries.length > 0);
    let entry: SocketExchange | undefined;
    await until(async () => {
      entry = (await traffic(Next)).Entries.find(isAction);
      return entry?.Status === 200;
    }, 'the action');
    assert.equal(entry?.From, 'endpoint');
    assert.equal(entry?.Method, 'POST');
    const sent = JSON.parse(entry?.RequestBody ?? '') as RawModel;
    assert.equal(sent.Command, 'milk');
    assert.deepEqual(sent.Params, { 'cow/name': 'Elsa', 'cow/secret': '***', 'cow/count': 7 });
    assert.deepEqual((JSON.parse(entry?.ResponseBody ?? '') as RawModel).params, sent.Params);
    const all = await call('GET', 'plugins/cow/traffic');
    assert.ok(!all.text.includes(SECRET));
    const paths = new Set((all.json as TrafficPart).Entries.map(({ From, Path }) => `${From} ${Path}`));
    assert.ok(paths.has('endpoint /api-plugin/v4/config'));
    assert.ok(paths.has('plugin /api-server-plugin/v4/log'));
    assert.ok(![...paths].some((path) => path.includes('*')), 'no pings');
  });

  test('requests that are forwarded are traffic, and an action that kills the plugin has no answer', async () => {
    await until(isRunning, 'the plugin');
    const { Next } = await traffic();
    await running.call('POST', 'plugin-apis/cow/barn?token=rocketskates%3Ax', { body: '"hay"' });
    await running.call('POST', 'system/actions/die', { body: {} });
    const { Entries } = await traffic(Next);
    const forwarded = Entries.find(({ Path }) => Path.startsWith('/plugin-apis/'));
    assert.equal(forwarded?.Path, '/plugin-apis/cow/barn?token=...');
    assert.equal(forwarded?.RequestBody, '"hay"');
    assert.match(forwarded?.ResponseBody ?? '', /barn/);
    const killer = Entries.find(isAction);
    assert.equal(killer?.Status, undefined);
    assert.ok((killer?.DurationMs ?? -1) >= 0);
    await until(isRunning, 'the restart');
  });

  test('an event is sent to one plugin, with HasPublish or by its event stream', async () => {
    await running.ok('POST', 'plugins', { Name: 'other', Provider: 'selecting' });
    const logged = (text: string) => until(() => running.log.some(({ Message }) => Message === text), text);
    const event = { Type: 'machines', Action: 'update', Key: 'replayed', Object: {}, Principal: 'somebody' };
    await until(async () => (await ok('GET', 'plugins/other')).State === 'running', 'the other plugin');
    await ok('POST', 'plugins/cow/publish', event, 204);
    await logged('saw machines.update of somebody');
    assert.ok(!running.log.some(({ Message }) => Message === 'took replayed'));
    // Its stream may be still on its way.
    await until(
      async () => (await call('POST', 'plugins/other/publish', { body: event })).status === 204,
      'the event stream',
    );
    await logged('took replayed');
    const unasked = await call('POST', 'plugins/other/publish', { body: { ...event, Type: 'profiles' } });
    assert.equal(unasked.status, 409);
    assert.match(unasked.text, /takes no event profiles\.update\.replayed: its provider has no HasPublish/);
    const missing = await call('POST', 'plugins/orphan/publish', { body: event });
    assert.equal(missing.status, 409);
    await ok('POST', 'plugins/cow/stop');
    assert.equal((await call('POST', 'plugins/cow/publish', { body: event })).status, 503);
    await ok('POST', 'plugins/cow/start');
  });

  test('what is not right is refused with what was expected', async () => {
    const refused = async (code: number, method: string, path: string, options: CallOptions = {}) =>
      running.refused(code, method, path, { base: '/ui/api/', ...options });
    assert.match(await refused(404, 'GET', 'plugins/none'), /none|Not Found/);
    assert.match(await refused(404, 'POST', 'plugins/none/start'), /none|Not Found/);
    await refused(404, 'GET', 'machines');
    await refused(405, 'DELETE', 'plugins/cow/stop');
    const post = (body: unknown) => refused(400, 'POST', 'plugins/cow/publish', { body });
    assert.match(await post([]), /expected an event/);
    assert.match(await post({ Type: 'a' }), /Action: expected text/);
    assert.match(await refused(400, 'GET', 'plugins/cow/traffic?after=x'), /after: expected a number/);
    assert.match(
      await refused(400, 'GET', 'plugins/cow/traffic?wait=26'),
      /wait: expected a number from 0 to 25/,
    );
  });

  test('tokens are good for what their claims say', async () => {
    const { Uuid } = await running.ok('GET', 'machines/Name:m1');
    const { Token } = await running.ok('GET', `machines/${Uuid}/token`);
    const authorization = `Bearer ${Token}`;
    for (const [method, path] of [
      ['GET', 'plugins'],
      ['GET', 'plugins/cow/traffic'],
      ['POST', 'plugins/cow/stop'],
      ['POST', 'plugins/cow/publish'],
    ] as const)
      assert.equal((await call(method, path, { authorization })).status, 403, path);
    assert.equal((await call('GET', 'plugins', { authorization: null })).status, 401);
  });

  test('a plugin that is deleted takes its traffic with it', async () => {
    await running.ok('DELETE', 'plugins/cow');
    assert.equal((await call('GET', 'plugins/cow')).status, 404);
    await running.ok('POST', 'plugins', { Name: 'cow', Provider: 'gone' });
    await until(async () => (await traffic()).Entries.length === 0, 'no traffic');
  });
});
