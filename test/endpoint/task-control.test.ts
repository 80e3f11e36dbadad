import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
import { until } from '../support/until.ts';
import { AgentStandIn } from './agent-stand-in.ts';
import { Running } from './running-endpoint.ts';

let running: Running;
let machines = 0;

before(async () => {
  running = await Running.open();
  for (const Name of ['one', 'two', 'three', 'mend', 'check']) await running.ok('POST', 'tasks', { Name });
});

after(() => running[Symbol.asyncDispose]());

function make(Tasks: string[], Params: RawModel): Promise<AgentStandIn> {
  machines += 1;
  return AgentStandIn.make(running, { Name: `machine-${machines}`, Tasks, Params });
}

/** Fails a job as an agent does: the machine first. */
async function fail(agent: AgentStandIn, job: RawModel): Promise<void> {
  const begun = await agent.state(job, 'running');
  await agent.change({ Runnable: false });
  await agent.state(begun, 'failed', 'failed');
}

const where = ({ Tasks, CurrentTask, Runnable, RetryTaskAttempt }: RawModel) => ({
  Tasks,
  CurrentTask,
  Runnable,
  RetryTaskAttempt,
});

test('task-retry: a task that fails is tried again after a pause, so many times', async () => {
  const agent = await make(['one', 'two'], { 'task-retry': { one: 1 } });
  const { job } = await agent.next();
  await fail(agent, job);
  const { RetryTaskAttempt, Runnable } = await agent.machine();
  assert.deepEqual([RetryTaskAttempt, Runnable], [1, false]);
  const at = Date.parse(String(((await agent.job(job.Uuid)).Meta as RawModel)['retry-at']));
  assert.ok(at > Date.parse(String((await agent.job(job.Uuid)).EndTime)) + 1500);
  await until(async () => (await agent.machine()).Runnable === true, 'the retry');
  const again = await agent.next();
  assert.deepEqual([again.status, again.job.Task], [201, 'one']);
  await fail(agent, again.job);
  assert.deepEqual(where(await agent.machine()), {
    Tasks: ['one', 'two'],
    CurrentTask: 0,
    Runnable: false,
    RetryTaskAttempt: 1,
  });
  assert.equal(((await agent.job(again.job.Uuid)).Meta as RawModel)['retry-at'], undefined);
  await agent.change({ Runnable: true });
  await agent.run((await agent.next()).job);
  assert.equal((await agent.next()).job.Task, 'two');
  assert.equal((await agent.machine()).RetryTaskAttempt, 0);
});

test('task-retry: a retry that was to come is still to come after a restart of the endpoint', async () => {
  const first = await Running.open();
  await first.ok('POST', 'tasks', { Name: 'one' });
  const agent = await AgentStandIn.make(first, {
    Name: 'm1',
    Tasks: ['one'],
    Params: { 'task-retry': { one: 1 } },
  });
  await fail(agent, (await agent.next()).job);
  await first.endpoint.close();
  await using second = await Running.open({ root: first.root });
  const same = new AgentStandIn(second, agent.uuid);
  await until(async () => (await same.machine()).Runnable === true, 'the retry');
  assert.deepEqual(await same.runAll(), ['one']);
});

test('task-error-handlers: other tasks mend what has failed, which is then tried again', async () => {
  const agent = await make(['one', 'two'], { 'task-error-handlers': { two: ['mend', 'check'] } });
  await agent.run((await agent.next()).job);
  await fail(agent, (await agent.next()).job);
  const mending = await agent.machine();
  assert.deepEqual(where(mending), {
    Tasks: ['mend', 'check'],
    CurrentTask: -1,
    Runnable: true,
    RetryTaskAttempt: 0,
  });
  assert.deepEqual(mending.TaskErrorStacks, [{ CurrentTask: 1, TaskList: ['one', 'two'] }]);
  assert.deepEqual(await agent.runAll(), ['mend', 'check', 'two']);
  const done = await agent.machine();
  assert.deepEqual([done.Tasks, done.TaskErrorStacks, done.WorkflowComplete], [['one', 'two'], [], true]);
});

test('task-error-handlers: what fails while it mends is left to somebody', async () => {
  const agent = await make(['one'], { 'task-error-handlers': { one: ['mend'], mend: ['check'] } });
  await fail(agent, (await agent.next()).job);
  await fail(agent, (await agent.next()).job);
  const { Tasks, Runnable } = await agent.machine();
  assert.deepEqual([Tasks, Runnable], [['mend'], false]);
  const patch = [{ op: 'replace', path: '/Stage', value: 'local' }];
  assert.equal(
    await running.refused(422, 'PATCH', `machines/${agent.uuid}`, { body: patch }),
    'Can not change stages with pending tasks unless forced',
  );
  const staged = await running.ok('PATCH', `machines/${agent.uuid}?force=true`, patch);
  assert.deepEqual(staged.TaskErrorStacks, []);
});

test('task-single-step: a machine stops after each task', async () => {
  const agent = await make(['one', 'two'], { 'task-single-step': true });
  await agent.run((await agent.next()).job);
  assert.equal((await agent.machine()).Runnable, false);
  await agent.change({ Runnable: true });
  assert.equal((await agent.next()).job.Task, 'two');
});

test('task-stop-at: a machine stops before a task, once', async () => {
  const agent = await make(['one', 'two', 'three'], { 'task-stop-at': ['one', 'three'] });
  const stopped = async () => {
    assert.equal((await agent.next()).status, 204);
    const { CurrentTask, Runnable } = await agent.machine();
    assert.equal(Runnable, false);
    await agent.change({ Runnable: true });
    return CurrentTask;
  };
  assert.equal(await stopped(), 0);
  await agent.run((await agent.next()).job);
  await agent.run((await agent.next()).job);
  assert.equal(await stopped(), 2);
  assert.equal((await agent.next()).job.Task, 'three');
});

test('params that say nothing of tasks change nothing', async () => {
  for (const [name, value] of [
    ['task-retry', 7],
    ['task-retry', { one: 'often' }],
    ['task-error-handlers', { one: [] }],
    ['task-error-handlers', { one: [7] }],
    ['task-error-handlers', 'mend'],
  ] as const) {
    const agent = await make(['one'], { [name]: value, 'task-stop-at': 'one', 'task-single-step': 'yes' });
    await fail(agent, (await agent.next()).job);
    assert.deepEqual(where(await agent.machine()), {
      Tasks: ['one'],
      CurrentTask: 0,
      Runnable: false,
      RetryTaskAttempt: 0,
    });
  }
});
