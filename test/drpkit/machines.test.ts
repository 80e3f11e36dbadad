import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
import { Running } from '../endpoint/running-endpoint.ts';
import { ApiStandIn } from './api-stand-in.ts';
import { Runner } from './runner.ts';

test('commands of machines', async (t) => {
  await using running = await Running.open();
  using drpkit = new Runner({ RS_ENDPOINT: running.endpoint.url, RS_TOKEN: running.endpoint.token });
  for (const Name of ['one', 'two', 'three']) await running.ok('POST', 'tasks', { Name });
  const { Uuid } = await running.ok('POST', 'machines', { Name: 'web1' });
  const machine = async (...argv: string[]) => (await drpkit.json('machines', ...argv)) as RawModel;
  const show = () => machine('show', 'Name:web1');

  await t.test('run and pause say whether tasks run', async () => {
    assert.equal((await machine('pause', 'Name:web1')).Runnable, false);
    assert.equal((await show()).Runnable, false);
    assert.equal((await machine('run', 'Name:web1')).Runnable, true);
  });

  await t.test('workflow, stage and bootenv set the field', async () => {
    await running.ok('POST', 'stages', { Name: 'racked' });
    await running.ok('POST', 'bootenvs', { Name: 'rescue', OS: { Name: 'rescue' } });
    assert.equal((await machine('stage', 'Name:web1', 'racked')).Stage, 'racked');
    assert.match(await drpkit.error('machines', 'bootenv', 'Name:web1', 'rescue'), /unless forced/);
    assert.equal((await machine('bootenv', 'Name:web1', 'rescue', '--force')).BootEnv, 'rescue');
    await running.ok('POST', 'workflows', { Name: 'install', Stages: ['racked'] });
    assert.equal((await machine('workflow', 'Name:web1', 'install')).Workflow, 'install');
    assert.equal((await machine('workflow', 'Name:web1', '')).Workflow, '');
  });

  await t.test('tasks are added, inserted and taken out', async () => {
    const tasks = async (...argv: string[]) => (await machine(...argv)).Tasks;
    await running.ok('PUT', `machines/${Uuid}`, { ...(await show()), Tasks: [] });
    assert.deepEqual(await tasks('addtask', 'Name:web1', 'one'), ['one']);
    assert.deepEqual(await tasks('tasks', 'add', 'Name:web1', 'two'), ['one', 'two']);
    assert.deepEqual(await tasks('tasks', 'add', 'Name:web1', 'at', '0', 'three'), ['three', 'one', 'two']);
    assert.deepEqual(await tasks('tasks', 'add', 'Name:web1', 'at', '0', 'three'), ['three', 'one', 'two']);
    assert.deepEqual(await tasks('inserttask', 'Name:web1', 'three', '2'), ['three', 'one', 'three', 'two']);
    assert.deepEqual(await tasks('tasks', 'del', 'Name:web1', 'three', 'two'), ['one', 'three']);
    assert.deepEqual(await tasks('removetask', 'Name:web1', 'three'), ['one']);
    assert.equal(
      await drpkit.error('machines', 'inserttask', 'Name:web1', 'two', '5'),
      'Error: Invalid offset 5: expected 0 to 1',
    );
  });

  await t.test('tasks are not added without a machine and a task', async () => {
    assert.match(
      await drpkit.error('machines', 'tasks', 'add', 'x'),
      /requires at least an id and one task$/,
    );
    assert.match(await drpkit.error('machines', 'tasks', 'add', 'x', 'at', 'y', 'z'), /y is not a number$/);
    assert.match(
      await drpkit.error('machines', 'tasks', 'add', 'x', 'at', '1'),
      /requires at least 3 arguments when specifying an offset$/,
    );
  });

  await t.test('the key of a machine is not changed', async () => {
    const { stderr } = await drpkit.run(['machines', 'update', 'Name:web1', '{"Uuid": "x"}']);
    assert.equal(
      stderr,
      `Error: CLIENT_ERROR: machines/${Uuid}\n  Cannot change Uuid from ${Uuid} to x: it is what the object is known by\n  Create an object of the other key in its place\n`,
    );
  });

  await t.test('an ETag is another one after a change, and a change can be waited for', async () => {
    const before = await drpkit.text('machines', 'etag', 'Name:web1');
    assert.match(before, /^\S+\n$/);
    const unchanged = ['machines', 'show', 'Name:web1', '--wait', '1s', '--etag', before.trim()];
    assert.equal(await drpkit.text(...unchanged), 'Timeout: no change\n');
    assert.equal(await drpkit.text('machines', 'exists', 'Name:web1', '--wait', '1'), 'Timeout: no change\n');
    await running.ok('PUT', `machines/${Uuid}`, { ...(await show()), Description: 'changed' });
    assert.notEqual(await drpkit.text('machines', 'etag', 'Name:web1'), before);
    assert.equal((JSON.parse(await drpkit.text(...unchanged)) as RawModel).Description, 'changed');
    assert.equal(await drpkit.error('machines', 'etag', 'nobody'), 'Error: machines:nobody does not exist');
    assert.match(await drpkit.error('machines', 'show', 'x', '--wait', '11m'), /at most 10m, found 11m$/);
  });

  await t.test('without a job, there is no current one', async () => {
    const none = `Error: No current job on machine ${Uuid}`;
    assert.equal(await drpkit.error('machines', 'jobs', 'current', 'Name:web1'), none);
    assert.equal(await drpkit.error('machines', 'currentlog', 'Name:web1'), none);
  });
});

const JOB = { Uuid: 'j1', State: 'failed', Workflow: 'install', Stage: 'racked', Task: 'one' };

test('jobs of a machine', async (t) => {
  await using api = await ApiStandIn.open({
    'GET machines/Name:web1': { Uuid: 'm1', Name: 'web1', CurrentJob: 'j1' },
    'GET jobs/j1': JOB,
    'DELETE jobs/j1': JOB,
    'DELETE jobs/j0': JOB,
    'GET jobs/j1/log': 'line 1\nline 2\n',
    'GET jobs/j1/actions': [{ Name: 'a', Content: 'echo hello' }],
    'GET jobs?Machine=Eq(m1)': [JOB],
    'GET jobs?Task=Eq(one)&Machine=Eq(m1)': [JOB],
    'GET jobs?Machine=Eq(m1)&limit=1&offset=1': [],
    'GET jobs?Machine=Eq(m1)&sort=StartTime&reverse=true': [JOB, { ...JOB, Uuid: 'j0' }],
  });
  using drpkit = new Runner(api.env);

  await t.test('the current one is shown, with its log', async () => {
    assert.deepEqual(await drpkit.json('machines', 'jobs', 'current', 'Name:web1'), JOB);
    assert.equal(await drpkit.text('machines', 'currentlog', 'Name:web1'), 'line 1\nline 2\n');
  });

  await t.test('one is created for the next task', async () => {
    api.taken();
    await drpkit.json('machines', 'jobs', 'create', 'Name:web1');
    assert.deepEqual(api.taken().at(-1), { what: 'POST jobs', body: { Machine: 'm1' } });
  });

  await t.test('the current one is set to a state', async () => {
    await drpkit.json('machines', 'jobs', 'state', 'Name:web1', 'to', 'finished');
    const { what, body } = api.taken().at(-1) ?? {};
    assert.equal(what, 'PATCH jobs/j1');
    assert.deepEqual(body, [
      { op: 'test', path: '/State', value: 'failed' },
      { op: 'replace', path: '/State', value: 'finished' },
    ]);
  });

  await t.test('all are deleted, the newest first', async () => {
    api.taken();
    assert.equal(
      await drpkit.text('machines', 'deletejobs', 'Name:web1'),
      'Deleted Job j1\nDeleted Job j0\n',
    );
    const deletions = api.taken().filter(({ what }) => what.startsWith('DELETE'));
    assert.deepEqual(
      deletions.map(({ what }) => what),
      ['DELETE jobs/j1', 'DELETE jobs/j0'],
    );
  });

  await t.test('are inspected, as text in one line each, in full with log and actions', async () => {
    assert.deepEqual(await drpkit.json('machines', 'inspect', 'jobs', 'Name:web1'), [JOB]);
    assert.deepEqual(await drpkit.json('machines', 'inspect', 'tasks', 'Name:web1', 'one'), [JOB]);
    assert.deepEqual(await drpkit.json('machines', 'inspect', 'jobs', 'Name:web1', '1'), []);
    const text = await drpkit.text('machines', 'inspect', 'jobs', 'Name:web1', '-F', 'text', '--full');
    const [head, first, ...rest] = text.split('\n');
    assert.match(head ?? '', /^Idx: +UUID +State +Workflow +Stage +Task$/);
    assert.match(first ?? '', /^ {2}0: +j1 +failed +install +racked +one$/);
    assert.deepEqual(rest, [
      '>>>>>>log<<<<<<:',
      'line 1',
      'line 2',
      '',
      '>>>>>>actionCount<<<<<<:',
      '1',
      '>>>>>>action.0<<<<<<:',
      'echo hello',
      '',
    ]);
  });
});
