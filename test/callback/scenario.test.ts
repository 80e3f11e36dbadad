import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client } from '../../lib/api/index.ts';
import { type RunningEndpoint, startEndpoint } from '../../lib/endpoint/index.ts';
import type { LogLine, RawModel } from '../../lib/models/index.ts';
import { binary } from '../support/binary.ts';
import { endpointRoot } from '../support/endpoint-root.ts';
import { HookReceiver } from '../support/hook-receiver/index.ts';
import { makeCertificate } from '../support/redfish-service/certificate.ts';
import { until } from '../support/until.ts';

const PASSWORD = 'S3CRET-of-the-test';
const AUTHS = { me: { AuthType: 'basic', Username: 'drp', Password: PASSWORD } };

/** What an operator does with it, and what happens to it. */
describe('the built callback, under an endpoint', () => {
  const log: LogLine[] = [];
  let root: string;
  let endpoint: RunningEndpoint;
  let api: Client;
  let receiver: HookReceiver;
  let uuid: string;
  let CA: string;

  before(async () => {
    root = await endpointRoot('callback-');
    await mkdir(join(root, 'plugins'));
    await symlink(binary('callback'), join(root, 'plugins', 'callback'));
    const certificate = await makeCertificate('localhost');
    CA = certificate.cert;
    receiver = await HookReceiver.start(certificate);
    endpoint = await startEndpoint({
      root,
      port: 0,
      staticPort: 0,
      onLog: (line) => log.push(line),
      limits: { ping: 60_000 },
    });
    await endpoint.ready;
    api = new Client({ endpoint: endpoint.url, token: endpoint.token });
    await api.objects('tasks').create({ Name: 'noop' });
    uuid = (await api.objects('machines').create({ Name: 'm1.example.com' })).Uuid;
  });
  after(async () => {
    api.close();
    await endpoint.close();
    await receiver[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  });

  const said = (pattern: RegExp) => log.filter(({ Message }) => pattern.test(Message));
  const bodies = () => receiver.requests.map(({ body }) => JSON.parse(body) as RawModel);
  /** Runs the tasks of the machine as its agent does: jobs that end. */
  const runTasks = async (end: 'finished' | 'failed') => {
    const machine = await api.objects('machines').get(uuid);
    await api
      .objects('machines')
      .patchTo(machine, { ...machine, Tasks: ['noop'], CurrentTask: -1, Runnable: true });
    const next = () => api.request({ method: 'POST', path: ['jobs'], json: { Machine: uuid } });
    const { Uuid } = (await next()) as { Uuid: string };
    for (const value of ['running', end]) {
      await api.objects('jobs').patch(Uuid, [{ op: 'replace', path: '/State', value }]);
    }
    if (end === 'finished') await next();
  };

  test('is started by the endpoint, and again when its params are set; what is wrong with them is in PluginErrors', async () => {
    await until(
      async () => (await api.objects('plugins').list()).some(({ Name }) => Name === 'callback'),
      'the plugin',
    );
    await api
      .params('plugins', 'callback')
      .set('callback/callbacks', { c: { Url: receiver.url, Retries: 1 } });
    await until(async () => {
      const { PluginErrors } = await api.objects('plugins').get('callback');
      return (PluginErrors ?? []).some((error) =>
        /c\.Retries: there is no such field: did you mean Retry/.test(error),
      );
    }, 'the error');
  });

  test('calls back for an action, as who it is told to be', async () => {
    await api.params('plugins', 'callback').setSecure('callback/auths', AUTHS);
    const Url = `${receiver.url}/{{.Machine.Name}}`;
    await api.params('plugins', 'callback').set('callback/callbacks', {
      ask: { Url, CA, Auth: 'me', JsonResponse: true },
      taskcomplete: { Url: `${receiver.url}/done`, CA, Durable: true },
      jobfail: { Url: `${receiver.url}/failed`, CA },
      watch: { Url: `${receiver.url}/watch`, CA, Events: ['profiles.create.*'] },
    });
    receiver.answer = ({ headers }, response) =>
      response.end(JSON.stringify({ hello: headers.authorization }));
    const actions = api.actions('machines', uuid);
    await until(async () => (await actions.list()).some(({ Command }) => Command === 'send'), 'its actions');
    const params = { 'callback/action': 'ask' };
    assert.deepEqual(await actions.run('callbackDo', params), { hello: 'Basic ***' });
    assert.deepEqual(await actions.run('send', params), { hello: 'Basic ***' });
    assert.equal(receiver.requests[0]?.path, '/m1.example.com');
    assert.equal(receiver.requests[0]?.headers.authorization, `Basic ${btoa(`drp:${PASSWORD}`)}`);
    receiver.answer = ({ headers }, response) =>
      response.writeHead(409, { 'content-type': 'text/plain' }).end(`no, ${headers.authorization}`);
    await assert.rejects(actions.run('callbackDo', params), {
      code: 409,
      message: /Callback API returned 409: ask: .*no, Basic \*\*\*/,
    });
    assert.match(
      String(await actions.run('callbackDo', { 'callback/action': 'x' })),
      /skipped because action unknown: x/,
    );
    assert.ok(await api.systemActions().run('send', { 'callback/action': 'x' }));
  });

  test('calls back once when a machine has done its tasks, and at events that are selected', async () => {
    receiver.requests.length = 0;
    receiver.statuses(200);
    await runTasks('finished');
    await api.params('machines', uuid).set('a/b', 1);
    await runTasks('failed');
    await api.objects('profiles').create({ Name: 'fresh' });
    await until(() => receiver.requests.length === 3, 'three requests');
    const [done, failed, watch] = receiver.requests.toSorted((a, b) => a.path.localeCompare(b.path));
    assert.equal(JSON.parse(done?.body ?? '').CurrentTask, 1);
    assert.deepEqual([failed?.path, JSON.parse(failed?.body ?? '').Name], ['/failed', 'm1.example.com']);
    assert.deepEqual([watch?.path, JSON.parse(watch?.body ?? '').Object.Name], ['/watch', 'fresh']);
  });

  test('has a durable callback delivered after it was killed, with the id that it had before', async () => {
    receiver.requests.length = 0;
    // Taken in, and not answered.
    receiver.answer = () => {};
    await runTasks('finished');
    await until(() => receiver.requests.length === 1, 'the first try');
    const running = await pluginProcess(root);
    process.kill(running, 'SIGKILL');
    receiver.statuses(503, 200);
    await until(() => receiver.requests.length === 3, 'the tries after that');
    const ids = new Set(receiver.requests.map(({ headers }) => headers['idempotency-key']));
    assert.equal(ids.size, 1);
    assert.deepEqual(
      bodies().map(({ CurrentTask }) => CurrentTask),
      [1, 1, 1],
    );
    assert.equal(said(/1 callbacks wait from before/).length, 1);
    await until(() => said(/taskcomplete, for machines\/.*: done/).length === 2, 'the end of it');
  });

  test('gives a durable callback up that is refused for good, and goes on', async () => {
    receiver.requests.length = 0;
    receiver.statuses(410, 200);
    await runTasks('finished');
    await runTasks('finished');
    await until(() => receiver.requests.length === 2, 'both');
    assert.equal(said(/Callback API returned 410: taskcomplete: .*: it is given up/).length, 1);
  });

  test('keeps what it is told to itself', async () => {
    const texts = [JSON.stringify(log), JSON.stringify(await api.objects('plugins').list())];
    texts.push(await readFile(join(root, 'plugin-tmp', 'callback-callback.db'), 'latin1'));
    for (const text of texts) assert.ok(!text.includes(PASSWORD) && !text.includes(btoa(`drp:${PASSWORD}`)));
  });
});

/** The process of the plugin that runs under the endpoint in this folder. */
async function pluginProcess(root: string): Promise<number> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(join(root, 'plugins', 'callback')) && line.includes('listen')) return Number(pid);
  }
  throw new Error('the plugin does not run');
}
