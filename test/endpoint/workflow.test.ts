import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
import { AgentStandIn } from './agent-stand-in.ts';
import { Running } from './running-endpoint.ts';

const UUID = '3e7031fc-3062-45f1-835c-92541bc9cbd3';
const MACHINE = `machines/${UUID}`;

async function open(machine: RawModel = {}): Promise<Running> {
  const running = await Running.open();
  for (const Name of ['base', 'one', 'two', 'three', 'extra']) await running.ok('POST', 'tasks', { Name });
  await running.ok('PATCH', 'tasks/two', [{ op: 'replace', path: '/Prerequisites', value: ['base'] }]);
  await running.ok('PATCH', 'tasks/three', [{ op: 'replace', path: '/Prerequisites', value: ['base'] }]);
  await running.ok('POST', 'bootenvs', { Name: 'env-install', OS: { Name: 'linux-1' } });
  await running.ok('POST', 'stages', { Name: 'first', BootEnv: 'local', Tasks: ['one'] });
  await running.ok('POST', 'stages', { Name: 'second', Tasks: ['two', 'three'] });
  await running.ok('POST', 'stages', { Name: 'third', BootEnv: 'env-install', Tasks: ['two'] });
  await running.ok('POST', 'workflows', { Name: 'wf', Stages: ['first', 'second', 'third'] });
  await running.ok('POST', 'machines', { Name: 'm1', Uuid: UUID, ...machine });
  return running;
}

const TASKS = [
  'stage:first',
  'bootenv:local',
  'one',
  'stage:second',
  'base',
  'two',
  'three',
  'stage:third',
  'bootenv:env-install',
  'base',
  'two',
];

const body = (fields: RawModel) => ({
  body: Object.entries(fields).map(([field, value]) => ({ op: 'replace', path: `/${field}`, value })),
});

function change(running: Running, fields: RawModel, query = ''): Promise<RawModel> {
  return running.ok('PATCH', `${MACHINE}${query}`, body(fields).body);
}

function refused(running: Running, fields: RawModel, query = ''): Promise<string> {
  return running.refused(422, 'PATCH', `${MACHINE}${query}`, body(fields));
}

const progress = ({ Workflow, Stage, BootEnv, CurrentTask, Tasks, Runnable }: RawModel) => ({
  Workflow,
  Stage,
  BootEnv,
  CurrentTask,
  Tasks,
  Runnable,
});

test('a workflow brings its first stage, that boot environment, and all tasks with what they need', async () => {
  await using running = await open();
  const set = await change(running, { Workflow: 'wf' });
  assert.deepEqual(progress(set), {
    Workflow: 'wf',
    Stage: 'first',
    BootEnv: 'local',
    CurrentTask: -1,
    Tasks: TASKS,
    Runnable: true,
  });
  assert.equal(set.WorkflowComplete, false);
  assert.equal(await refused(running, { Stage: 'second' }), 'Changing machine stage not allowed');
  assert.equal(await refused(running, { BootEnv: 'env-install' }), 'Changing machine bootenv not allowed');
  assert.equal(await refused(running, { Stage: 'gone' }), 'Stage gone does not exist');
  const emptied = await change(running, { Workflow: '' });
  assert.deepEqual(progress(emptied), {
    Workflow: '',
    Stage: 'none',
    BootEnv: 'local',
    CurrentTask: -1,
    Tasks: [],
    Runnable: true,
  });
});

test('a machine is made with a workflow, with a stage, or with tasks of its own', async () => {
  await using running = await open({ Workflow: 'wf' });
  const made = await running.ok('GET', MACHINE);
  assert.deepEqual([made.Stage, made.Tasks, made.CurrentTask], ['first', TASKS, -1]);
  const staged = await running.ok('POST', 'machines', { Name: 'm2', Stage: 'second' });
  assert.deepEqual([staged.Tasks, staged.CurrentTask], [['base', 'two', 'three'], -1]);
  const own = await running.ok('POST', 'machines', { Name: 'm3', Tasks: ['one'] });
  assert.deepEqual([own.Tasks, own.CurrentTask, own.WorkflowComplete], [['one'], -1, false]);
  const bare = await running.ok('POST', 'machines', { Name: 'm4' });
  assert.deepEqual([bare.Tasks, bare.CurrentTask, bare.WorkflowComplete], [[], 0, true]);
});

test('a stage brings its tasks and boot environment, and does not change while tasks wait, unless forced', async () => {
  await using running = await open();
  const staged = await change(running, { Stage: 'third' });
  assert.deepEqual(progress(staged), {
    Workflow: '',
    Stage: 'third',
    BootEnv: 'env-install',
    CurrentTask: -1,
    Tasks: ['base', 'two'],
    Runnable: false,
  });
  assert.equal(staged.OS, 'linux-1');
  assert.equal(
    await refused(running, { Stage: 'first' }),
    'Can not change stages with pending tasks unless forced',
  );
  assert.match(
    await refused(running, { BootEnv: 'local' }),
    /^Can not change bootenv while in a stage unless/,
  );
  const forced = await change(running, { Stage: 'first' }, '?force=true');
  assert.deepEqual([forced.Stage, forced.BootEnv, forced.Tasks], ['first', 'local', ['one']]);
});

test('a stage or workflow that is not available is not given to a machine', async () => {
  await using running = await open();
  await running.ok('POST', 'stages', { Name: 'broken', Tasks: ['gone'] });
  await running.ok('POST', 'workflows', { Name: 'broken', Stages: ['broken'] });
  const wants = (what: string) => `Machine ${UUID} wants ${what} broken, which is not available`;
  assert.equal(await refused(running, { Stage: 'broken' }), wants('Stage'));
  assert.equal(await refused(running, { Workflow: 'broken' }), wants('Workflow'));
  assert.equal(await refused(running, { Workflow: 'gone' }), 'Workflow gone does not exist');
});

test('clients add tasks before the next stage and nowhere else, and never move a machine forward', async () => {
  await using running = await open({ Workflow: 'wf' });
  assert.equal(
    await refused(running, { Tasks: [...TASKS, 'extra'] }),
    'Cannot change tasks that are past the next stage transition',
  );
  const added = await change(running, { Tasks: ['extra', ...TASKS] });
  assert.deepEqual(added.Tasks, ['extra', ...TASKS]);
  assert.match(
    await refused(running, { CurrentTask: 3 }),
    /^Cannot advance CurrentTask from -1 to 3 without/,
  );
  assert.match(
    await refused(running, { CurrentTask: 0, Tasks: TASKS }),
    /^Cannot change task list and current task at the same time/,
  );
});

test('a boot environment has its flags on the machine, and a base context comes with the workflow', async () => {
  await using running = await open({ Meta: { BaseContext: 'runner' } });
  await running.ok('PATCH', 'bootenvs/env-install', [
    { op: 'add', path: '/Meta/feature-flags', value: 'original-change-stage, more' },
  ]);
  const changed = await change(running, { BootEnv: 'env-install' });
  assert.equal((changed.Meta as RawModel)['feature-flags'], 'more,original-change-stage');
  assert.equal(changed.Runnable, false);
  const set = await change(running, { Workflow: 'wf', Runnable: true });
  assert.deepEqual([set.Context, set.BootEnv], ['runner', 'local']);
  assert.equal((set.Meta as RawModel)['feature-flags'], 'change-stage-v2');
});

test('a machine goes back to where its boot environment began, and there is in the context of that place', async () => {
  await using running = await open();
  await running.ok('POST', 'stages', { Name: 'elsewhere', Tasks: ['context:runner', 'one', 'context:'] });
  await running.ok('POST', 'workflows', { Name: 'long', Stages: ['first', 'elsewhere', 'third'] });
  const agent = new AgentStandIn(running, UUID);
  const other = new AgentStandIn(running, UUID, 'runner');
  const set = await change(running, { Workflow: 'long' });
  const at = (entry: string) => (set.Tasks as string[]).indexOf(entry);
  await agent.run((await agent.next()).job);
  assert.equal((await agent.next()).status, 204);
  const { job } = await other.next();
  await other.state(job, 'running');
  assert.match(
    await refused(running, { CurrentTask: at('stage:third') }),
    /^Cannot advance CurrentTask from/,
  );
  const back = await change(running, { CurrentTask: at('one') });
  assert.deepEqual([back.CurrentTask, back.Context], [2, '']);
  await agent.run((await agent.next()).job);
  assert.equal((await agent.next()).status, 204);
  const start = await change(running, { CurrentTask: -1 });
  assert.deepEqual([start.CurrentTask, start.Context, start.Stage], [0, '', 'elsewhere']);
  // The stage is entered again, too.
  assert.equal((await agent.next()).status, 204);
  assert.equal((await agent.machine()).Stage, 'first');
  await agent.run((await agent.next()).job);
  assert.equal((await agent.next()).status, 204);
  await other.run((await other.next()).job);
  assert.equal((await other.next()).status, 204);
  const booted = await agent.machine();
  assert.deepEqual([booted.BootEnv, booted.Context, booted.Runnable], ['env-install', '', false]);
  const reset = await change(running, { CurrentTask: -1 });
  assert.deepEqual([reset.CurrentTask, reset.Runnable], [at('stage:third'), false]);
  assert.match(
    await refused(running, { CurrentTask: at('one') }),
    /^Cannot change CurrentTask from \d+ to 2 past \d+$/,
  );
});

test('a stage without workflow begins in the base context, and a machine goes back to its start', async () => {
  await using running = await open({ Meta: { BaseContext: 'runner' } });
  const staged = await change(running, { Stage: 'second' });
  assert.deepEqual([staged.Context, staged.CurrentTask], ['runner', -1]);
  const other = new AgentStandIn(running, UUID, 'runner');
  await other.run((await other.next()).job);
  await other.run((await other.next()).job);
  assert.equal((await change(running, { CurrentTask: -1 })).CurrentTask, -1);
  assert.deepEqual(await other.runAll(), ['base', 'two', 'three']);
});
