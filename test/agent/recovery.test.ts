import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { type AgentEvent, MachineAgent } from '../../lib/agent/index.ts';
import { Client } from '../../lib/api/index.ts';
import { Drpkit } from '../drpkit/drpkit.ts';
import { freePort } from '../support/ipmi-simulator.ts';
import { until } from '../support/until.ts';

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
