import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { WebSocket } from 'ws';
import { Jobs } from '../../lib/endpoint/host/jobs.ts';
import { endpointUrls } from '../../lib/endpoint/info.ts';
import { Contents } from '../../lib/endpoint/state/contents.ts';
import { Events } from '../../lib/endpoint/state/events.ts';
import { JobLogs } from '../../lib/endpoint/state/jobs/job-logs.ts';
import { Objects } from '../../lib/endpoint/state/objects.ts';
import { Params } from '../../lib/endpoint/state/params.ts';
import { Rendering } from '../../lib/endpoint/state/rendering/rendering.ts';
import { Store } from '../../lib/endpoint/state/store.ts';
import { until } from '../support/until.ts';
import { Running } from './running-endpoint.ts';

const MACHINES = 10_000;
/** A machine is some kilobytes. All of them at once, as objects and as text, are many times this. */
const GROWTH_LIMIT_BYTES = 40 * 1024 * 1024;
const FILLER = 'x'.repeat(8000);

/** A store with many machines, filled as one write. */
async function fill(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'endpoint-'));
  await (await Running.open({ root })).endpoint.close();
  const store = new Store(join(root, 'endpoint.db'), { machines: ['Name'] });
  const events = new Events();
  const objects = new Objects(store, new Params(store), events);
  objects.write(() => {
    for (let number = 0; number < MACHINES; number += 1) {
      const machine = { Name: `m${number}`, Uuid: randomUUID(), Params: { number, filler: FILLER } };
      objects.create('machines', machine, { principal: 'test', method: 'POST' });
    }
  });
  store.close();
  return root;
}

/** Reads a list without holding it: how many objects it has, how much text, and what memory took meanwhile. */
async function stream({ endpoint }: Running, query: string, onChunk: () => void) {
  return new Promise<{ objects: number; bytes: number }>((done, failed) => {
    const outgoing = request(
      `${endpoint.url}/api/v3/machines?${query}`,
      { ca: endpoint.certificate, headers: { Authorization: `Bearer ${endpoint.token}` } },
      (response) => {
        let [objects, bytes, tail] = [0, 0, ''];
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          bytes += chunk.length;
          // What a needle has of itself at the end of one piece it has for the next one too.
          const text = tail + chunk;
          objects += text.split('"Uuid":"').length - 1;
          tail = text.slice(-7);
          onChunk();
        });
        response.on('end', () => done({ objects, bytes }));
        response.on('error', failed);
      },
    );
    outgoing.on('error', failed);
    outgoing.end();
  });
}

function memory() {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  return { gc, measure: () => process.memoryUsage().heapUsed + process.memoryUsage().external };
}

test('ten thousand machines are listed, filtered and sorted in little memory', async () => {
  await using running = await Running.open({ root: await fill() });
  const { gc, measure } = memory();
  gc();
  const before = measure();
  let most = 0;
  let chunks = 0;
  const all = await stream(running, '', () => {
    chunks += 1;
    if (chunks % 500 === 0) {
      gc();
      most = Math.max(most, measure() - before);
    }
  });
  assert.equal(all.objects, MACHINES);
  assert.ok(all.bytes > MACHINES * FILLER.length);
  assert.ok(most > 0 && most < GROWTH_LIMIT_BYTES, `${most} bytes more while listing`);

  const names = (
    await running.list('machines?Name=Re(^m99..$)&sort=Name&reverse=true&slim=Params&limit=3')
  ).map(({ Name }) => Name);
  assert.deepEqual(names, ['m9999', 'm9998', 'm9997']);
  const { headers } = await running.call('HEAD', 'machines?Name=Re(^m99)');
  assert.equal(headers['x-drp-list-filter-count'], '111');
  assert.equal((await running.list('machines?Name=m1234&slim=Params')).length, 1);
});

test('a listener that does not read is cut off, and the others get everything', async () => {
  await using running = await Running.open();
  const { url, token, certificate: ca } = running.endpoint;
  const open = async () => {
    const socket = new WebSocket(`${url.replace('https', 'wss')}/api/v3/ws?token=${token}`, { ca });
    await new Promise((done) => socket.once('open', done));
    socket.send('register big.*.*');
    await new Promise((done) => socket.once('message', done));
    return socket;
  };
  const [deaf, awake] = [await open(), await open()];
  let count = 0;
  let cut = false;
  awake.on('message', () => {
    count += 1;
  });
  deaf.on('error', () => {});
  deaf.on('close', () => {
    cut = true;
  });
  deaf.pause();
  const big = 'x'.repeat(1024 * 1024);
  const sent = 60;
  for (let number = 0; number < sent; number += 1) {
    const reply = await running.call('POST', 'events', {
      body: { Type: 'big', Action: 'a', Key: 'k', Object: big },
    });
    assert.equal(reply.status, 204);
    // Posting does not wait for listeners, and loopback may be slow: without this, the one that reads could fall behind as well.
    await until(() => count > number, `event ${number} of ${sent}`);
  }
  assert.equal(count, sent);
  deaf.resume();
  await until(() => cut, 'the end of the one that did not read');
  awake.terminate();
});

/** A store that counts how often it is asked for an object. */
class CountingStore extends Store {
  asked = 0;

  override get(prefix: string, key: string) {
    this.asked += 1;
    return super.get(prefix, key);
  }

  override has(prefix: string, key: string) {
    this.asked += 1;
    return super.has(prefix, key);
  }
}

test('what many objects name is looked up once, and a large pack is not looked through for each of its objects', async () => {
  const root = await mkdtemp(join(tmpdir(), 'endpoint-'));
  const store = new CountingStore(join(root, 'endpoint.db'), { machines: ['Name'] });
  const objects = new Objects(store, new Params(store), new Events());
  const contents = new Contents(objects);
  contents.ensureBasics();
  const requester = { principal: 'test', method: 'POST' };
  const section = (make: (number: number) => [string, unknown]) =>
    Object.fromEntries(Array.from({ length: 200 }, (_, number) => make(number)));
  const some = (name: string, number: number) =>
    Array.from({ length: 10 }, (_, next) => `${name}${(number + next) % 200}`);
  const sections = {
    templates: section((number) => [`t${number}.tmpl`, { Contents: 'x' }]),
    tasks: section((number) => [`task${number}`, { Templates: [{ Name: 't', ID: `t${number}.tmpl` }] }]),
    stages: section((number) => [`stage${number}`, { Tasks: some('task', number) }]),
    workflows: section((number) => [`flow${number}`, { Stages: some('stage', number) }]),
    profiles: section((number) => [`profile${number}`, { Params: { 'a/b': number } }]),
  };
  store.asked = 0;
  const { Warnings } = contents.create({ meta: { Name: 'large' }, sections }, requester, false);
  assert.deepEqual(Warnings, []);
  assert.ok(store.asked < 10 * 1000, `${store.asked} look-ups for 1,000 objects`);

  const machines = 1000;
  objects.write(() => {
    for (let number = 0; number < machines; number += 1) {
      objects.create('machines', { Name: `m${number}`, Workflow: `flow${number % 200}` }, requester);
    }
  });
  store.asked = 0;
  const available = objects.list('machines').filter(({ Available }) => Available === true);
  assert.equal(available.length, machines);
  assert.ok(store.asked < 3 * machines, `${store.asked} look-ups for a list of ${machines}`);
  store.close();
  await rm(root, { recursive: true });
});

test('a hundred machines run ten tasks each, all of them once, with whole logs and in little memory', async () => {
  const root = await mkdtemp(join(tmpdir(), 'endpoint-'));
  await mkdir(join(root, 'logs'));
  const store = new Store(join(root, 'endpoint.db'), { machines: ['Name'] });
  const events = new Events();
  const objects = new Objects(store, new Params(store), events);
  new Contents(objects).ensureBasics();
  const logs = new JobLogs(join(root, 'logs'));
  const never = () => {
    throw new Error('nobody asks for actions, tokens and the info');
  };
  const actions = { run: never };
  const jobs = new Jobs({ objects, events, logs, actions });
  const rendering = new Rendering({
    objects,
    urls: (address) => endpointUrls(address, { api: 1, files: 2 }),
    info: never,
    token: never,
  });
  const requester = { principal: 'test', method: 'POST' };
  const Tasks = Array.from({ length: 10 }, (_, number) => `task-${number}`);
  const script =
    `{{range $i, $e := list 1 2 3}}echo {{$.Machine.Name}} {{$e}} {{$.Task.Name}}\n{{end}}`.repeat(20);
  for (const Name of Tasks)
    objects.create('tasks', { Name, Templates: [{ Name: 't', Contents: script }] }, requester);
  const machines = Array.from(
    { length: 100 },
    (_, number) => objects.create('machines', { Name: `m${number}`, Tasks }, requester).key,
  );
  const told = new Map<string, number>();
  events.subscribe(({ Type, Action }) =>
    told.set(`${Type}.${Action}`, (told.get(`${Type}.${Action}`) ?? 0) + 1),
  );
  const { gc, measure } = memory();
  const growth: number[] = [];
  // All machines take a step as one write: how fast the disk is is not what this is about.
  const step = async () => {
    const taken = objects.write(() =>
      machines.map((Machine) => jobs.next({ Machine, Context: '', Uuid: '' }, requester)),
    );
    const found = (await Promise.all(taken)).flatMap(({ job }) => (job === undefined ? [] : [job]));
    objects.write(() => {
      for (const job of found) {
        const running = objects.update(job, { ...job.object, State: 'running' }, requester);
        for (const { Content } of rendering.jobActions(job.object, 'linux', '127.0.0.1'))
          logs.add(job.key, Content);
        const finished = { ...running.object, State: 'finished', ExitState: 'complete' };
        objects.update(running, finished, requester);
      }
    });
    gc();
    growth.push(measure());
    return found.length;
  };
  for (const _task of Tasks) assert.equal(await step(), machines.length);
  assert.equal(await step(), 0);
  assert.ok(Math.max(...growth) - (growth[0] ?? 0) < 10 * 1024 * 1024, `${growth} bytes`);
  assert.deepEqual([told.get('jobs.create'), told.get('machines.update')], [1000, 1100]);
  const ran = new Map<string, string[]>();
  for (const { Machine, Task, State, Current, CurrentIndex } of objects.list('jobs')) {
    assert.deepEqual([State, Current], ['finished', CurrentIndex === 9]);
    ran.set(String(Machine), [...(ran.get(String(Machine)) ?? []), String(Task)]);
  }
  assert.deepEqual(
    [...ran.values()].map((tasks) => tasks.sort()),
    machines.map(() => Tasks),
  );
  assert.ok(objects.list('machines').every(({ WorkflowComplete }) => WorkflowComplete === true));
  const files = await readdir(join(root, 'logs'));
  assert.equal(files.length, 1000);
  for (const file of files) {
    const lines = (await readFile(join(root, 'logs', file), 'utf8')).trimEnd().split('\n');
    assert.deepEqual([lines[0], lines.length], [`Log for Job: ${file}`, 61]);
  }
  store.close();
  await rm(root, { recursive: true });
});
