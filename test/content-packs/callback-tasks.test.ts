import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { HookReceiver } from '../support/hook-receiver/index.ts';
import { makeCertificate } from '../support/redfish-service/certificate.ts';
import { startMachine, type TestMachine } from './machine.ts';
import { MACHINE, missing, openRenderer, type TaskRenderer } from './renderer.ts';

const skip = await missing('bash', 'jq', 'python3');

/** Hard to pass on: quotes of each kind, a backslash, a line of its own, other scripts. */
const DATA = {
  a: `it's "so"\\n`,
  b: ["'''", '"""', '\u00e4\u{1f600}', 'CALLBACK_PARAMS\n$HOME'],
  c: 1_000_000,
  d: null,
};

describe('callback tasks', { skip, concurrency: 2 }, () => {
  let tasks: TaskRenderer;
  let endpoint: HookReceiver;
  const opened: TestMachine[] = [];
  before(async () => {
    tasks = await openRenderer('callback');
    endpoint = await HookReceiver.start(await makeCertificate('drp.example.com'));
  });
  after(async () => {
    await endpoint[Symbol.asyncDispose]();
    await Promise.all(opened.map((machine) => machine.close()));
  });
  const open = async (params: Record<string, unknown> = {}) => {
    const machine = await startMachine(tasks, { 'callback/action': 'complete', ...params });
    opened.push(machine);
    // Keeps what it reads, as the action's params.
    await machine.install('drpcli', 'cat > "$MACHINE/given"; [ "$5" != refused ]');
    return machine;
  };

  test('callback-task runs the action with its params', async () => {
    const machine = await open({ 'callback/data-override': DATA, 'callback/plugin': "other's" });
    const { code, log } = await machine.run('callback-task');
    assert.equal(code, 0, log);
    const [call] = await machine.calls();
    assert.equal(call, `drpcli machines runaction ${MACHINE.Uuid} callbackDo --plugin other's -`);
    const given = JSON.parse(await machine.file('given'));
    assert.deepEqual(given, { 'callback/action': 'complete', 'callback/data-override': DATA });
  });

  test('callback-task fails with the action, and does nothing where it is to be left out', async () => {
    const failing = await open();
    await failing.install('drpcli', 'exit 1');
    assert.equal((await failing.run('callback-task')).code, 1);
    const left = await open({ 'callback/skip': true });
    assert.equal((await left.run('callback-task')).code, 0);
    assert.deepEqual(await left.calls(), []);
  });

  test('callback-lock-task locks the machine', async () => {
    const machine = await open();
    const { code, log } = await machine.run('callback-lock-task');
    assert.equal(code, 0, log);
    assert.deepEqual(await machine.calls(), [`drpcli machines update ${MACHINE.Uuid} {"Locked": true}`]);
  });

  test('callback-esxi-task does the same by the API, and callback-task on ESXi, too', async () => {
    const env = { RS_ENDPOINT: endpoint.url };
    const machine = await open({ 'callback/data-override': DATA, 'callback/plugin': 'my callback' });
    const done = await machine.run('callback-esxi-task', env);
    assert.equal(done.code, 0, done.log);
    const [request] = endpoint.requests;
    assert.equal(request?.path, `/api/v3/machines/${MACHINE.Uuid}/actions/callbackDo?plugin=my%20callback`);
    assert.equal(request?.headers.authorization, 'Bearer token');
    assert.deepEqual(JSON.parse(request?.body ?? ''), {
      'callback/action': 'complete',
      'callback/data-override': DATA,
    });
    endpoint.statuses(409);
    const failed = await machine.run('callback-esxi-task', env);
    assert.deepEqual([failed.code, /The callback failed: 409 \{"status": 409\}/.test(failed.log)], [1, true]);
    const away = await machine.run('callback-esxi-task', { RS_ENDPOINT: 'https://127.0.0.1:1' });
    assert.deepEqual([away.code, /The endpoint was not reached/.test(away.log)], [1, true]);
    const left = await open({ 'callback/skip': true });
    assert.equal((await left.run('callback-esxi-task', env)).code, 0);
    assert.equal(endpoint.requests.length, 2);
    const params = await machine.params();
    const [same] = tasks.render('callback-task', params, 'esxi');
    assert.equal(same?.Contents, tasks.render('callback-esxi-task', params)[0]?.Contents);
  });

  test('callback-task on Windows gives drpcli the same params', async () => {
    const [script] = tasks.render(
      'callback-task',
      { 'callback/action': 'complete', 'callback/data-override': DATA },
      'windows',
    );
    const given = /@'\n(.*)\n\n?'@/.exec(script?.Contents ?? '')?.[1] ?? '';
    assert.deepEqual(JSON.parse(given), { 'callback/action': 'complete', 'callback/data-override': DATA });
  });
});
