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
import { until } from '../support/until.ts';
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

/** The status of a request, or undefined when the endpoint did not answer. */
function send({ url, token, certificate: ca }: Started, method: string, path: string, body: unknown) {
  return new Promise<number | undefined>((done) => {
    const outgoing = request(`${url}/api/v3/${path}`, {
      method,
      ca,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    });
    outgoing.on('response', (response) => {
      response.resume().on('end', () => done(response.statusCode));
      response.on('error', () => done(undefined));
    });
    outgoing.on('error', () => done(undefined));
    outgoing.end(JSON.stringify(body));
  });
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
