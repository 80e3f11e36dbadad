import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { Store } from '../../lib/endpoint/state/store.ts';
import type { RawModel } from '../../lib/models/index.ts';
import { until } from '../support/until.ts';
import { AgentStandIn } from './agent-stand-in.ts';
import { Running } from './running-endpoint.ts';

interface Started {
  url: string;
  token: string;
  certificate: string;
}

/** Starts an endpoint in a process of its own, which can be killed. */
async function spawnEndpoint(root: string) {
  const module = resolve(import.meta.dirname, '../../lib/endpoint/index.ts');
  const script = `
    import { startEndpoint } from ${JSON.stringify(module)};
    const { url, token, certificate, ready } = await startEndpoint({ root: process.argv[1], port: 0, staticPort: 0 });
    await ready;
    console.log(JSON.stringify({ url, token, certificate }));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { child, started: JSON.parse(String(line)) as Started };
}

interface Reply {
  status: number | undefined;
  json: RawModel;
}

/** What is answered; no status when the endpoint did not answer. */
function ask({ url, token, certificate: ca }: Started, method: string, path: string, body: unknown) {
  return new Promise<Reply>((done) => {
    const outgoing = request(`${url}/api/v3/${path}`, {
      method,
      ca,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    });
    const failed = () => done({ status: undefined, json: {} });
    outgoing.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => done({ status: response.statusCode, json: JSON.parse(text || '{}') }));
      response.on('error', failed);
    });
    outgoing.on('error', failed);
    outgoing.end(JSON.stringify(body));
  });
}

/** The status alone. */
async function send(started: Started, method: string, path: string, body: unknown) {
  return (await ask(started, method, path, body)).status;
}

test('an endpoint that is killed while it writes has, when it starts again, all that it acknowledged', async () => {
  const root = await mkdtemp(join(tmpdir(), 'endpoint-'));
  const { child, started } = await spawnEndpoint(root);
  const made = new Map<string, string>();
  const asked = new Set<string>();
  let writing = true;
  const writer = async (writerName: string) => {
    for (let count = 0; writing; count += 1) {
      const Name = `${writerName}-${count}`;
      asked.add(Name);
      if ((await send(started, 'POST', 'machines', { Name, Params: { n: count } })) === 201)
        made.set(Name, '');
      const patch = [{ op: 'replace', path: '/Description', value: 'patched' }];
      const patched = await send(started, 'PATCH', `machines/Name:${Name}`, patch);
      if (patched === 200) made.set(Name, 'patched');
    }
  };
  const writers = ['wa', 'wb', 'wc', 'wd'].map(writer);
  await until(() => made.size >= 50, 'fifty machines');
  child.kill('SIGKILL');
  await once(child, 'exit');
  writing = false;
  await Promise.all(writers);

  await using running = await Running.open({ root });
  const machines = new Map(
    (await running.list('machines')).map((machine) => [String(machine.Name), machine]),
  );
  for (const [name, description] of made) {
    const machine = machines.get(name);
    assert.ok(machine, `${name} is lost`);
    if (description !== '') assert.equal(machine.Description, description, name);
  }
  for (const [name, { Params }] of machines) {
    assert.ok(asked.has(name), `${name} was never asked for`);
    assert.deepEqual(Params, { n: Number(name.split('-')[1]) });
  }
});

test('machines whose endpoint is killed in the middle of their jobs go on where they were, and no task runs twice', async () => {
  const root = await mkdtemp(join(tmpdir(), 'endpoint-'));
  const { child, started } = await spawnEndpoint(root);
  const Tasks = ['stage:local', ...Array.from({ length: 40 }, (_, number) => `task-${number}`)];
  for (const Name of Tasks.slice(1)) await send(started, 'POST', 'tasks', { Name });
  const finished = new Map<string, string[]>();
  let working = true;
  const work = async (Machine: string) => {
    while (working) {
      const { status, json: job } = await ask(started, 'POST', 'jobs', { Machine });
      if (status !== 201) continue;
      for (const State of ['running', 'finished']) {
        const patch = [{ op: 'replace', path: '/State', value: State }];
        if ((await send(started, 'PATCH', `jobs/${job.Uuid}`, patch)) === 200 && State === 'finished')
          finished.get(Machine)?.push(String(job.Task));
      }
    }
  };
  for (const Name of ['ma', 'mb', 'mc', 'md']) {
    const { json } = await ask(started, 'POST', 'machines', { Name, Tasks });
    finished.set(String(json.Uuid), []);
  }
  const agents = [...finished.keys()].map(work);
  await until(() => [...finished.values()].flat().length >= 30, 'thirty tasks');
  child.kill('SIGKILL');
  await once(child, 'exit');
  working = false;
  await Promise.all(agents);

  await using running = await Running.open({ root });
  for (const [machine, done] of finished) {
    const agent = new AgentStandIn(running, machine);
    const before = await agent.machine();
    const jobs = await running.list(`jobs?Machine=${machine}`);
    const current = jobs.filter(({ Current }) => Current === true);
    assert.deepEqual(
      current.map(({ Uuid, CurrentIndex }) => [Uuid, CurrentIndex]),
      [[before.CurrentJob, before.CurrentTask]],
    );
    assert.deepEqual([before.Stage, before.BootEnv], ['local', 'local']);
    const ended = jobs.filter(({ State }) => State === 'finished').map(({ Task }) => String(Task));
    assert.deepEqual(
      done.filter((task) => !ended.includes(task)),
      [],
      'acknowledged and lost',
    );
    const interrupted = current.filter(({ State }) => State === 'failed');
    for (const { Uuid } of interrupted)
      assert.match(await agent.log(Uuid), /\nThe endpoint was stopped while this job ran\n$/);
    assert.equal(before.Runnable, interrupted.length === 0);
    // One that was only made is still to be run, by the agent that has it.
    const [last] = current;
    if (last?.State === 'created') await agent.run(last);
    await agent.change({ Runnable: true });
    await agent.runAll();
    const all = (await running.list(`jobs?Machine=${machine}&State=finished`)).map(({ Task }) => Task);
    assert.deepEqual(all.sort(), [...Tasks].sort(), 'each once');
  }
});

test('a revision that was told is not told again of another object after a start', async () => {
  const first = await Running.open();
  const { Uuid } = await first.ok('POST', 'machines', { Name: 'm1' });
  const etag = (await first.call('HEAD', `machines/${Uuid}`)).headers.etag;
  await first.ok('DELETE', `machines/${Uuid}`);
  await first.endpoint.close();
  await using second = await Running.open({ root: first.root });
  await second.ok('POST', 'machines', { Name: 'm1', Uuid });
  assert.notEqual((await second.call('HEAD', `machines/${Uuid}`)).headers.etag, etag);
});

test('objects that an older version has stored have the fields of this one', async () => {
  const first = await Running.open();
  await first.ok('POST', 'stages', { Name: 'stg' });
  await first.endpoint.close();
  const store = new Store(join(first.root, 'endpoint.db'));
  const old = {
    Name: 'old',
    Templates: [{ Name: 't', Contents: 'x' }],
    RequiredParams: [],
    Prerequisites: [],
  };
  store.put('tasks', 'old', JSON.stringify({ ...old, Nonesuch: 1 }), '');
  store.put('tasks', 'odd', JSON.stringify({ ...old, Name: 'odd', Templates: 7 }), '');
  store.setSetting('shape', new Uint8Array([1]));
  store.close();
  await using second = await Running.open({ root: first.root });
  const task = await second.ok('GET', 'tasks/old');
  assert.deepEqual(task.Templates, [{ Name: 't', Path: '', Link: '', ID: '', Contents: 'x', Meta: {} }]);
  assert.deepEqual([task.Available, task.OptionalParams, task.Nonesuch], [true, [], undefined]);
  assert.deepEqual((await second.ok('GET', 'tasks/odd')).Templates, []);
});
