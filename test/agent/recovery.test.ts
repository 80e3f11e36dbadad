import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { type AgentEvent, MachineAgent } from '../../lib/agent/index.ts';
import { Client } from '../../lib/api/index.ts';
import { Drpkit } from '../drpkit/drpkit.ts';
import { cuttable } from '../support/cuttable.ts';
import { freePort } from '../support/ipmi-simulator.ts';
import { until } from '../support/until.ts';
import { Scene } from './scene.ts';

test('an endpoint is killed and started again in the middle of a job: the script goes on, the job has failed, and only its task runs again', async () => {
  const root = await mkdtemp(join(tmpdir(), 'recovery-'));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(root, { recursive: true, force: true }));
  const port = String(await freePort('127.0.0.1'));
  const serve = async () => {
    const args = ['endpoint', '--root', join(root, 'endpoint'), '--port', port, '--static-port', '0'];
    const endpoint = await Drpkit.start(args);
    await endpoint.printed(/Ctrl-C ends it/);
    return endpoint;
  };
  const first = cleanup.use(await serve());
  const [, password = ''] = /^Password: (\S+) /m.exec(first.stdout) ?? [];
  const api = new Client({
    endpoint: `https://127.0.0.1:${port}`,
    user: 'rocketskates',
    password,
    retryDelays: [20, 50, 100],
  });
  cleanup.defer(async () => api.close());

  const [counted, goOn] = [join(root, 'counted'), join(root, 'go-on')];
  await writeFile(counted, '');
  const task = (Name: string, script: string) =>
    api.objects('tasks').create({
      Name,
      Templates: [{ Name: 'step', Contents: `#!/bin/bash\n${script}\n` }],
      Meta: { 'feature-flags': 'sane-exit-codes' },
    } as object);
  await task('before', `echo before >> ${counted}`);
  await task(
    'middle',
    `echo middle >> ${counted}; echo early; until test -e ${goOn}; do sleep 0.1; done; seq 1 20000; echo late`,
  );
  await api.objects('stages').create({ Name: 'stage', Tasks: ['before', 'middle'] });
  await api.objects('workflows').create({ Name: 'flow', Stages: ['stage'] });
  const { Uuid } = await api.objects('machines').create({ Name: 'web1', Workflow: 'flow' });
  const problems: string[] = [];
  const onEvent = (event: AgentEvent) => {
    if (event.kind === 'problem') problems.push(event.message);
  };
  const agent = () =>
    new MachineAgent(api, Uuid, { oneshot: true, patience: 0, pauses: { init: 50, other: 50 }, onEvent });
  const running = agent().run();
  await until(async () => /middle/.test(await readFile(counted, 'utf8')), 'the second task');
  const jobs = () => api.objects('jobs').list({ where: { Machine: Uuid }, sort: 'StartTime' });
  const job = (await jobs()).find(({ Task }) => Task === 'middle');
  assert.ok(job);
  await until(
    async () => /early/.test(await text(await api.jobs().log(job.Uuid))),
    'the beginning of its log',
  );

  await first.end('SIGKILL');
  // The script writes more than waits for the endpoint anywhere, and so waits itself.
  await writeFile(goOn, '');
  cleanup.use(await serve());
  const end = await running;
  assert.deepEqual([end.by, end.error], ['time is up', undefined]);
  assert.match(problems.join('\n'), /could not be told to be finished: it is failed there/);
  const log = await text(await api.jobs().log(job.Uuid));
  assert.match(log, /^1\n2\n3\n.*\n19999\n20000\nlate\nstep exited with code 0\nTask middle finished\n$/ms);
  const states = async () =>
    (await jobs()).filter(({ Task }) => !Task.includes(':')).map(({ Task, State }) => [Task, State]);
  assert.deepEqual(await states(), [
    ['before', 'finished'],
    ['middle', 'failed'],
  ]);
  assert.equal((await api.objects('machines').get(Uuid)).Runnable, false, 'it is not run again unasked');

  await agent().run();
  assert.deepEqual(await states(), [
    ['before', 'finished'],
    ['middle', 'failed'],
    ['middle', 'finished'],
  ]);
  assert.equal(await readFile(counted, 'utf8'), 'before\nmiddle\nmiddle\n');
});

test('connections that are lost in the middle of a job, and while the agent waits, cost nothing: all runs once', async () => {
  await using scene = await Scene.open();
  await using line = await cuttable(scene.api.endpoint);
  const warnings: string[] = [];
  const client = {
    endpoint: line.url,
    token: scene.endpoint.token,
    retryDelays: [20, 50, 100],
    log: { debug: () => {}, warn: (message: string) => void warnings.push(message) },
  };
  const api = new Client(client);
  using _closed = { [Symbol.dispose]: () => api.close() };
  const [counted, started, goOn] = ['counted', 'started', 'go-on'].map((name) => scene.path(name)) as [
    string,
    string,
    string,
  ];
  const [first, second] = await Promise.all(
    [
      `echo first >> ${counted}; seq 1 1000; touch ${started}; until test -e ${goOn}; do sleep 0.05; done; seq 1001 60000`,
      `echo second >> ${counted}`,
    ].map((script) => scene.task([script])),
  );
  assert.ok(first && second);
  const machine = await scene.machine(first);
  const states: string[] = [];
  const stop = new AbortController();
  const agent = new MachineAgent(api, machine.Uuid, {
    patience: 60_000,
    pauses: { init: 20, other: 20 },
    onEvent: (event) => {
      if (event.kind === 'state') states.push(event.state);
    },
  });
  const running = agent.run({ signal: stop.signal });
  await until(
    () =>
      readFile(started).then(
        () => true,
        () => false,
      ),
    'the script',
  );
  line.setDown(true);
  await writeFile(goOn, '');
  await until(() => warnings.length > 0, 'the loss to be seen');
  line.setDown(false);
  await until(async () => (await scene.outcomes(machine))[0] === 'finished complete', 'the end of the job');
  await until(() => states.at(-1) === 'WAIT_FOR_CHANGE_STAGE', 'the end of the workflow');
  const [job] = await scene.jobs(machine);
  assert.ok(job);
  const numbers = new Set((await scene.log(job)).split('\n').filter((line) => /^\d+$/.test(line)));
  assert.equal(numbers.size, 60_000, 'nothing of the log is lost');

  line.setDown(true);
  const Workflow = await scene.workflow(second);
  await scene.api
    .objects('machines')
    .patch(machine.Uuid, [{ op: 'replace', path: '/Workflow', value: Workflow }]);
  line.setDown(false);
  await until(
    async () => (await scene.outcomes(machine))[1] === 'finished complete',
    'what was set meanwhile',
  );
  stop.abort();
  await running;
  assert.equal(await readFile(counted, 'utf8'), 'first\nsecond\n');
});
