import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
import { AgentStandIn } from './agent-stand-in.ts';
import { Running } from './running-endpoint.ts';

let running: Running;
let machines = 0;

before(async () => {
  running = await Running.open({ providers: { cow: 'cow-provider.ts' } });
  for (const Name of ['one', 'two', 'three']) await running.ok('POST', 'tasks', { Name });
  await running.ok('POST', 'bootenvs', { Name: 'env-install', OS: { Name: 'linux-1' } });
  await running.ok('POST', 'stages', { Name: 'first', BootEnv: 'local', Tasks: ['one'] });
  await running.ok('POST', 'stages', { Name: 'second', Tasks: ['two'] });
  await running.ok('POST', 'stages', { Name: 'third', BootEnv: 'env-install', Tasks: ['three'] });
  await running.ok('POST', 'workflows', { Name: 'wf', Stages: ['first', 'second', 'third'] });
});

after(() => running[Symbol.asyncDispose]());

function make(machine: RawModel): Promise<AgentStandIn> {
  machines += 1;
  return AgentStandIn.make(running, { Name: `machine-${machines}`, ...machine });
}

const NO_JOB = '00000000-0000-0000-0000-000000000000';

test('who asks for a job names a machine that there is, and that can run one', async () => {
  const post = (code: number, body: unknown) => running.refused(code, 'POST', 'jobs', { body });
  assert.equal(await post(400, {}), 'Create request must have Machine field');
  assert.equal(await post(400, { Machine: 'web1' }), 'Machine: expected a UUID, not "web1"');
  assert.equal(await post(400, { Machine: 7 }), 'Machine: expected text');
  assert.equal(await post(422, { Machine: NO_JOB }), `Machine ${NO_JOB} does not exist`);
  const agent = await make({ Tasks: ['one'] });
  await agent.change({ Runnable: false });
  assert.equal(await post(409, { Machine: agent.uuid }), `Machine ${agent.uuid} is not runnable`);
  await agent.change({ Runnable: true, Profiles: ['gone'] });
  assert.equal(await post(409, { Machine: agent.uuid }), `Machine ${agent.uuid} is not runnable`);
});

test('the first task of a machine becomes a job that knows where it was made', async () => {
  const agent = await make({ Tasks: ['one', 'two'] });
  const Uuid = randomUUID();
  const job = await running.ok('POST', 'jobs', { Machine: agent.uuid.toUpperCase(), Uuid });
  const { StartTime, EndTime, ...rest } = job;
  assert.deepEqual(rest, {
    Validated: true,
    Available: true,
    Errors: [],
    ReadOnly: false,
    Meta: {},
    Endpoint: '',
    Bundle: '',
    Uuid,
    Previous: NO_JOB,
    Machine: agent.uuid,
    Task: 'one',
    Stage: 'none',
    Context: '',
    State: 'created',
    ExitState: '',
    Archived: false,
    Current: true,
    CurrentIndex: 0,
    NextIndex: 1,
    Workflow: '',
    BootEnv: 'local',
  });
  assert.ok(Date.parse(String(StartTime)) > Date.now() - 3_600_000);
  assert.equal(EndTime, '0001-01-01T00:00:00Z');
  const { CurrentJob, CurrentTask, WorkflowComplete } = await agent.machine();
  assert.deepEqual([CurrentJob, CurrentTask, WorkflowComplete], [Uuid, 0, false]);
  await running.refused(409, 'POST', 'jobs', { body: { Machine: agent.uuid } });
});

test('a job that is created or running is in the way of another one', async () => {
  const agent = await make({ Tasks: ['one'] });
  const { job } = await agent.next();
  const refused = () => running.refused(409, 'POST', 'jobs', { body: { Machine: agent.uuid } });
  const expected = `Machine ${agent.uuid} already has running or created job`;
  assert.equal(await refused(), expected);
  await agent.state(job, 'running');
  assert.equal(await refused(), expected);
});

test('an incomplete job comes again as it is', async () => {
  const agent = await make({ Tasks: ['one', 'two'] });
  const { job } = await agent.next();
  const incomplete = await agent.run(job, 'incomplete', 'reboot');
  assert.equal(incomplete.EndTime, '0001-01-01T00:00:00Z');
  const again = await agent.next();
  assert.equal(again.status, 202);
  assert.deepEqual(again.job, incomplete);
  await agent.run(again.job);
  assert.equal((await agent.next()).job.Task, 'two');
});

test('a finished job is followed by the next task, and after the last one there is nothing', async () => {
  const agent = await make({ Tasks: ['one', 'two'] });
  const first = await agent.run((await agent.next()).job);
  assert.ok(Date.parse(String(first.EndTime)) >= Date.parse(String(first.StartTime)));
  const second = await agent.next();
  assert.deepEqual(
    [second.status, second.job.Task, second.job.Previous, second.job.CurrentIndex],
    [201, 'two', first.Uuid, 1],
  );
  assert.equal((await agent.job(first.Uuid)).Current, false);
  await agent.run(second.job, 'finished', 'stop');
  const reply = await running.call('POST', 'jobs', { body: { Machine: agent.uuid } });
  assert.deepEqual([reply.status, reply.text], [204, '']);
  assert.match(String(reply.headers['content-type']), /^application\/json/);
  const { CurrentTask, WorkflowComplete, CurrentJob, Runnable } = await agent.machine();
  assert.deepEqual([CurrentTask, WorkflowComplete, CurrentJob, Runnable], [2, true, second.job.Uuid, true]);
  assert.equal((await agent.next()).status, 204);
});

test('a failed job holds its machine, and its task is tried again when somebody lets it', async () => {
  const agent = await make({ Tasks: ['one', 'two'] });
  const { job } = await agent.next();
  await agent.run(job, 'failed', 'failed');
  assert.equal((await agent.machine()).Runnable, false);
  assert.equal((await agent.next()).status, 409);
  await agent.change({ Runnable: true });
  const again = await agent.next();
  assert.deepEqual([again.status, again.job.Task, again.job.Previous], [201, 'one', job.Uuid]);
  assert.notEqual(again.job.Uuid, job.Uuid);
  const body = [{ op: 'replace', path: '/State', value: 'running' }];
  assert.equal(
    await running.refused(422, 'PATCH', `jobs/${job.Uuid}`, { body }),
    'Cannot change State to running: the job has ended, and its machine has another one',
  );
  await running.ok('PATCH', `jobs/${job.Uuid}`, [{ ...body[0], value: 'finished' }]);
});

test('the job of another place in the list fails, and what is there begins', async () => {
  const agent = await make({ Tasks: ['one', 'two'] });
  await agent.run((await agent.next()).job);
  const { job } = await agent.next();
  await agent.state(job, 'running');
  await agent.change({ CurrentTask: 0 });
  const sent = await agent.next();
  assert.deepEqual([sent.status, sent.job.Task, sent.job.Previous], [201, 'one', job.Uuid]);
  const left = await agent.job(job.Uuid);
  assert.deepEqual([left.State, left.ExitState, left.Current], ['failed', 'failed', false]);
  assert.equal((await agent.machine()).Runnable, true);
});

test('a job that has been deleted is as one that failed', async () => {
  const agent = await make({ Tasks: ['one', 'two'] });
  const job = await agent.run((await agent.next()).job);
  await running.ok('DELETE', `jobs/${job.Uuid}`);
  const next = await agent.next();
  assert.deepEqual([next.status, next.job.Task, next.job.Previous], [201, 'one', job.Uuid]);
});

test('stages and boot environments on the way are entered at once, in one job, and the agent looks again', async () => {
  const agent = await make({ Workflow: 'wf' });
  const first = await agent.next();
  assert.deepEqual([first.status, first.job.Task, first.job.CurrentIndex], [201, 'one', 2]);
  await agent.run(first.job);
  assert.deepEqual(await agent.next(), { status: 204, job: {} });
  const staged = await agent.machine();
  assert.deepEqual([staged.Stage, staged.CurrentTask, staged.Runnable], ['second', 3, true]);
  const marker = await agent.job(staged.CurrentJob);
  assert.deepEqual(
    [marker.Task, marker.Stage, marker.State, marker.ExitState, marker.CurrentIndex, marker.Current],
    ['stage:second', 'second', 'finished', 'complete', 3, true],
  );
  assert.equal(
    await agent.log(marker.Uuid),
    `Log for Job: ${marker.Uuid}\nMachine ${agent.uuid} changing from stage first to second\n`,
  );
  await agent.run((await agent.next()).job);
  assert.equal((await agent.next()).status, 204);
  const booted = await agent.machine();
  assert.deepEqual(
    [booted.Stage, booted.BootEnv, booted.OS, booted.CurrentTask, booted.Runnable],
    ['third', 'env-install', 'linux-1', 6, false],
  );
  assert.match(
    await agent.log(booted.CurrentJob),
    /from stage second to third\n.*from bootenv local to env-install\n$/,
  );
  await agent.change({ Runnable: true });
  assert.deepEqual(await agent.runAll(), ['three']);
  assert.equal((await agent.machine()).WorkflowComplete, true);
});

test('a list that ends with stages that change nothing ends', async () => {
  const agent = await make({ Tasks: ['one', 'bootenv:local', 'context:'] });
  assert.deepEqual(await agent.runAll(), ['one']);
  assert.equal((await agent.machine()).CurrentTask, 3);
});

test('another context runs what comes after it, and only that', async () => {
  const agent = await make({ Tasks: ['one', 'context:runner', 'two', 'context:', 'three'] });
  const other = new AgentStandIn(running, agent.uuid, 'runner');
  assert.equal((await other.next()).status, 204);
  await agent.run((await agent.next()).job);
  assert.equal((await agent.next()).status, 204);
  assert.equal((await agent.machine()).Context, 'runner');
  assert.equal((await agent.next()).status, 204);
  const { job } = await other.next();
  assert.deepEqual([job.Task, job.Context], ['two', 'runner']);
  await other.run(job);
  assert.equal((await other.next()).status, 204);
  assert.deepEqual(await agent.runAll(), ['three']);
});

test('a machine that is sent back is in the context of that place', async () => {
  const agent = await make({ Tasks: ['one', 'context:runner', 'two'], Meta: { BaseContext: '' } });
  await agent.run((await agent.next()).job);
  assert.equal((await agent.next()).status, 204);
  const other = new AgentStandIn(running, agent.uuid, 'runner');
  await other.run((await other.next()).job);
  assert.equal((await agent.change({ CurrentTask: 2 })).Context, 'runner');
  const reset = await agent.change({ CurrentTask: -1 });
  assert.deepEqual([reset.Context, reset.CurrentTask], ['', -1]);
});

test('chroot: is for the agent, and is done with', async () => {
  const agent = await make({ Tasks: ['chroot:/mnt', 'one'] });
  const { status, job } = await agent.next();
  assert.deepEqual([status, job.Task, job.State], [201, 'chroot:/mnt', 'finished']);
  assert.match(await agent.log(job.Uuid), /agent is being signalled to chroot to \/mnt and continue\n$/);
  assert.equal((await agent.next()).job.Task, 'one');
});

test('the endpoint runs actions of plugins itself, and their results are in the log', async () => {
  const agent = await make({
    Tasks: ['action:cow:milk', 'action:milk', 'one'],
    Params: { 'cow/name': 'Alma' },
  });
  await running.secret(`machines/${agent.uuid}`, 'cow/secret', 'a secret of cows');
  const { status, job } = await agent.next();
  assert.deepEqual(
    [status, job.Task, job.State, job.ExitState],
    [201, 'action:cow:milk', 'finished', 'complete'],
  );
  assert.match(
    await agent.log(job.Uuid),
    /Results from plugin invoke:\n\{\n {2}"params": [\s\S]*\nEnd of results\n$/,
  );
  assert.match(await agent.log(job.Uuid), /"cow\/secret": "\*\*\*"/);
  assert.deepEqual(await agent.runAll(), ['action:milk', 'one']);
});

test('an action that fails holds the machine and says why in the log', async () => {
  const agent = await make({ Tasks: ['action:cow:milk', 'one'] });
  assert.equal((await agent.next()).status, 204);
  const { CurrentJob, Runnable, CurrentTask } = await agent.machine();
  assert.deepEqual([Runnable, CurrentTask], [false, 0]);
  const job = await agent.job(CurrentJob);
  assert.deepEqual([job.State, job.ExitState], ['failed', 'failed']);
  assert.match(await agent.log(CurrentJob), /Action invoke milk failed\n[\s\S]*Missing Parameter cow\/name/);
});

test('how a task ended is kept: done or not, and what the machine is to do', async () => {
  const agent = await make({ Tasks: ['one'] });
  const { job } = await agent.next();
  for (const exit of ['reboot', 'poweroff', 'stop']) {
    const { job: again } = exit === 'reboot' ? { job } : await agent.next();
    const ended = await agent.run(again, 'incomplete', exit);
    assert.deepEqual([ended.Uuid, ended.State, ended.ExitState], [job.Uuid, 'incomplete', exit]);
    // That is for the agent, which knows whether it runs on the machine.
    assert.equal((await agent.machine()).Runnable, true);
  }
  const { job: last } = await agent.next();
  const stale = [
    { op: 'test', path: '/State', value: 'created' },
    { op: 'replace', path: '/State', value: 'running' },
  ];
  assert.match(
    await running.refused(409, 'PATCH', `jobs/${job.Uuid}`, { body: stale }),
    /^Patch error at line 0: Test op failed\./,
  );
  const wrong = [{ op: 'replace', path: '/ExitState', value: 'kexec' }];
  assert.equal(
    await running.refused(422, 'PATCH', `jobs/${job.Uuid}`, { body: wrong }),
    'Invalid ExitState `kexec`',
  );
  const done = await agent.run(last, 'finished', 'poweroff');
  assert.deepEqual([done.State, done.ExitState], ['finished', 'poweroff']);
  assert.deepEqual(await agent.runAll(), []);
});

test('a job log begins with the job, and is only added to', async () => {
  const agent = await make({ Tasks: ['one'] });
  const { job } = await agent.next();
  const path = `jobs/${job.Uuid}/log`;
  const headers = { 'Content-Type': 'application/octet-stream' };
  for (const body of ['line 1\n', 'line 2\n', ''])
    assert.equal((await running.call('PUT', path, { body, headers })).status, 204);
  const whole = `Log for Job: ${job.Uuid}\nline 1\nline 2\n`;
  const reply = await running.call('GET', path);
  assert.deepEqual([reply.text, reply.headers['content-type']], [whole, 'application/octet-stream']);
  const head = await running.call('HEAD', path);
  assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', `${whole.length}`]);
  assert.match(await running.refused(415, 'PUT', path, { body: '{}' }), /application\/octet-stream/);
  await running.refused(404, 'PUT', `jobs/${NO_JOB}/log`, { body: 'x', headers });
  await running.refused(404, 'GET', `jobs/${NO_JOB}/log`);
});

test('a client changes how a job goes, and not what it is', async () => {
  const agent = await make({ Tasks: ['one'] });
  const { job } = await agent.next();
  const patch = (field: string, value: unknown) => [{ op: 'replace', path: `/${field}`, value }];
  for (const [field, value] of [
    ['Task', 'two'],
    ['Machine', NO_JOB],
    ['CurrentIndex', 7],
    ['ExtraClaims', [{ scope: '*', action: '*', specific: '*' }]],
  ] as const) {
    const body = field === 'ExtraClaims' ? [{ op: 'add', path: `/${field}`, value }] : patch(field, value);
    assert.equal(
      await running.refused(422, 'PATCH', `jobs/${job.Uuid}`, { body }),
      `Cannot change ${field} of a job`,
    );
  }
  assert.equal(
    await running.refused(422, 'PATCH', `jobs/${job.Uuid}`, { body: patch('State', 'flying') }),
    'Invalid State `flying`',
  );
  assert.equal((await running.ok('PATCH', `jobs/${job.Uuid}`, patch('Current', false))).Current, true);
  const renamed = await running.ok('PATCH', `machines/${agent.uuid}`, patch('CurrentJob', NO_JOB));
  assert.equal(renamed.CurrentJob, job.Uuid);
});

test('a job is deleted when it has ended, was followed by another, or its machine is gone', async () => {
  const agent = await make({ Tasks: ['one', 'two'] });
  const { job } = await agent.next();
  const refused = await running.refused(422, 'DELETE', `jobs/${job.Uuid}`);
  assert.equal(refused, `Jobs ${job.Uuid} is not in a deletable state: created`);
  await running.ok('DELETE', `machines/${agent.uuid}`);
  assert.equal((await agent.job(job.Uuid)).Current, false);
  await running.ok('DELETE', `jobs/${job.Uuid}`);
  await running.refused(404, 'GET', `jobs/${job.Uuid}`);
});

test('jobs of the past are purged by number, by age and by machine, and never the last one', async () => {
  const agent = await make({ Tasks: ['one', 'two', 'three', 'one'] });
  const other = await make({ Tasks: ['one'] });
  const jobs: unknown[] = [];
  for (let job = await agent.nextTask(); job !== undefined; job = await agent.nextTask()) {
    jobs.push(job.Uuid);
    if (job.Task !== 'three') await agent.run(job);
    else {
      await agent.run(job, 'failed', 'failed');
      await agent.change({ Runnable: true });
      jobs.push((await agent.nextTask())?.Uuid);
      await agent.run(await agent.job(jobs.at(-1)));
    }
  }
  const { job: left } = await other.next();
  const ofAgent = `machine=${agent.uuid}`;
  const purge = async (query: string) => {
    const reply = await running.call('DELETE', `jobs?${query}`);
    assert.equal(reply.status, 200, reply.text);
    return (reply.json as string[]).sort();
  };
  const sorted = (some: unknown[]) => some.map(String).sort();
  assert.deepEqual(await purge(ofAgent), []);
  assert.deepEqual(await purge(`${ofAgent}&jobsToKeep=2&dryrun=true`), sorted(jobs.slice(0, -2)));
  assert.equal((await running.list(`jobs?Machine=${agent.uuid}`)).length, 5);
  assert.deepEqual(await purge(`${ofAgent}&failedJobsPurgedAfter=0`), sorted([jobs[2]]));
  assert.deepEqual(await purge(`${ofAgent}&completeJobsPurgedAfter=0s`), sorted([jobs[0], jobs[1], jobs[3]]));
  assert.deepEqual(await purge(`${ofAgent}&jobsToKeep=0`), []);
  await running.ok('DELETE', `machines/${other.uuid}`);
  assert.deepEqual(await purge('machine=missing'), [left.Uuid]);
  assert.match(await running.refused(400, 'DELETE', 'jobs?jobsToKeep=all'), /^jobsToKeep: expected a number/);
  assert.match(
    await running.refused(400, 'DELETE', 'jobs?failedJobsPurgedAfter=soon'),
    /^failedJobsPurgedAfter: e/,
  );
  const { Token } = await running.ok('GET', `users/rocketskates/token?scope=jobs&specific=${agent.uuid}`);
  await running.refused(403, 'DELETE', 'jobs', { authorization: `Bearer ${Token}` });
});

test('a machine that cannot be changed any more keeps neither its jobs from ending nor an endpoint from starting', async () => {
  const first = await Running.open();
  await first.ok('POST', 'tasks', { Name: 'one' });
  await first.ok('POST', 'params', { Name: 'strict', Schema: { type: 'string' } });
  const agent = await AgentStandIn.make(first, { Name: 'm1', Tasks: ['one'], Params: { strict: 'text' } });
  const { job } = await agent.next();
  await agent.state(job, 'running');
  await first.ok('PATCH', 'params/strict', [{ op: 'replace', path: '/Schema/type', value: 'integer' }]);
  const other = await AgentStandIn.make(first, { Name: 'm2', Tasks: ['one'], Params: { strict: 7 } });
  const begun = await other.state((await other.next()).job, 'running');
  await first.ok('PATCH', 'params/strict', [{ op: 'replace', path: '/Schema/type', value: 'string' }]);
  assert.equal((await other.state(begun, 'failed', 'failed')).State, 'failed');
  await first.ok('PATCH', 'params/strict', [{ op: 'replace', path: '/Schema/type', value: 'integer' }]);
  await first.endpoint.close();
  await using second = await Running.open({ root: first.root });
  assert.equal((await new AgentStandIn(second, agent.uuid).job(job.Uuid)).State, 'failed');
});
