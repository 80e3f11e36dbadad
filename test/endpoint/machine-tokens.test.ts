import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
import { AgentStandIn } from './agent-stand-in.ts';
import { EventListener } from './event-listener.ts';
import { Running } from './running-endpoint.ts';

let running: Running;
let made = 0;

before(async () => {
  running = await Running.open();
  await running.ok('POST', 'params', { Name: 'secret', Secure: true, Schema: { type: 'string' } });
  await running.ok('POST', 'profiles', { Name: 'prof' });
});

after(() => running[Symbol.asyncDispose]());

/** A machine with a task that has these templates. */
async function make(Contents: string, task: RawModel = {}, machine: RawModel = {}): Promise<AgentStandIn> {
  made += 1;
  const Name = `task-${made}`;
  await running.ok('POST', 'tasks', { Name, Templates: [{ Name: 't', Contents }], ...task });
  return AgentStandIn.make(running, { Name: `m${made}`, Tasks: [Name], ...machine });
}

/** What the first template of the machine's next job makes. */
async function rendered(agent: AgentStandIn): Promise<string> {
  const { job } = await agent.next();
  return String((await running.list(`jobs/${job.Uuid}/actions`))[0]?.Content);
}

/** The status of a call with a token. */
function caller(token: unknown) {
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    (await running.call(method, path, { authorization: `Bearer ${token}`, body, headers })).status;
}

test('the token of a machine is good for the machine, its jobs, and reading what they need', async () => {
  const other = await make('x');
  const { job: otherJob } = await other.next();
  const agent = await make('x');
  const { Token, Info } = await running.ok('GET', `machines/${agent.uuid}/token?ttl=1h30m`);
  assert.ok(Info);
  const call = caller(Token);
  const machine = `machines/${agent.uuid}`;
  const { json } = await running.call('POST', 'jobs', {
    authorization: `Bearer ${Token}`,
    body: { Machine: agent.uuid },
  });
  const job = `jobs/${(json as RawModel).Uuid}`;
  const log = { 'Content-Type': 'application/octet-stream' };
  for (const [method, path, body, headers] of [
    ['GET', machine],
    ['GET', `machines/Name:m${made}`],
    ['GET', `${machine}/params?aggregate=true&decode=true`],
    ['POST', `${machine}/params/other`, '1'],
    ['GET', job],
    ['PATCH', job, [{ op: 'replace', path: '/State', value: 'running' }]],
    ['GET', `${job}/actions`],
    ['GET', `${job}/log`],
    ['PUT', `${job}/log`, 'line', log],
    ['GET', 'tasks/task-1'],
    ['GET', 'stages/local'],
    ['GET', 'bootenvs/local'],
    ['GET', 'params/secret'],
    ['GET', 'info'],
    ['POST', 'events', { Type: 'a', Action: 'b', Key: 'c' }],
  ] as const) {
    const status = await call(method, path, body, headers);
    assert.ok(status >= 200 && status < 300, `${method} ${path}: ${status}`);
  }
  for (const [method, path, body, headers] of [
    ['GET', `machines/${other.uuid}`],
    ['PATCH', `machines/${other.uuid}`, []],
    ['GET', `machines/${other.uuid}/token`],
    ['DELETE', machine],
    ['GET', 'machines'],
    ['GET', 'jobs'],
    ['POST', 'jobs', { Machine: other.uuid }],
    ['GET', `jobs/${otherJob.Uuid}`],
    ['PATCH', `jobs/${otherJob.Uuid}`, []],
    ['GET', `jobs/${otherJob.Uuid}/actions`],
    ['GET', `jobs/${otherJob.Uuid}/log`],
    ['PUT', `jobs/${otherJob.Uuid}/log`, 'line', log],
    ['DELETE', job],
    ['GET', 'profiles/global'],
    ['GET', 'users/rocketskates/token'],
    ['POST', 'tasks', { Name: 'task' }],
    ['GET', 'prefs'],
    ['POST', 'whoami', {}],
    ['POST', `${job}/plugin_actions/x`, {}],
  ] as const)
    assert.equal(await call(method, path, body, headers), 403, `${method} ${path}`);
});

test('a machine is told of its own events, and of those of its jobs', async () => {
  const [agent, other] = [await make('x'), await make('x')];
  const { Token } = await running.ok('GET', `machines/${agent.uuid}/token`);
  const listener = await EventListener.open(running, String(Token));
  await listener.ask('register *.*.*');
  await other.change({ Description: 'changed' });
  await other.next();
  await agent.change({ Description: 'changed' });
  const { job } = await agent.next();
  assert.deepEqual(await listener.seen(), [
    `machines.update.${agent.uuid}`,
    `jobs.create.${job.Uuid}`,
    `machines.update.${agent.uuid}`,
  ]);
  listener.socket.close();
});

test('tokens of a machine end with its secret, and with the machine', async () => {
  const agent = await make('x');
  const { Token } = await running.ok('GET', `machines/${agent.uuid}/token?ttl=3y`);
  const call = caller(Token);
  assert.equal(await call('GET', `machines/${agent.uuid}`), 200);
  await agent.change({ Secret: 'another' });
  assert.equal(await call('GET', `machines/${agent.uuid}`), 403);
  const { Token: next } = await running.ok('GET', `machines/${agent.uuid}/token`);
  await running.ok('DELETE', `machines/${agent.uuid}`);
  assert.equal(await caller(next)('GET', 'info'), 403);
  assert.match(
    await running.refused(400, 'GET', `machines/${(await make('x')).uuid}/token?ttl=soon`),
    /^ttl: expected seconds, or a time like 1h30m, 7d or 3y, not soon$/,
  );
});

test('templates make tokens: of the machine, for a profile of it, and none for another', async () => {
  const agent = await make(
    '{{.GenerateToken}} {{.GenerateInfiniteToken}} {{.GenerateProfileToken "prof" 60}} {{.GenerateProfileToken "global" 60}}',
    {},
    { Profiles: ['prof'] },
  );
  const [token, infinite, profile, refused] = (await rendered(agent)).split(' ');
  for (const good of [token, infinite]) {
    assert.equal(await caller(good)('GET', `machines/${agent.uuid}`), 200);
    assert.equal(await caller(good)('GET', 'profiles/prof'), 403);
  }
  const ofProfile = caller(profile);
  assert.equal(await ofProfile('GET', 'profiles/prof/params?decode=true'), 200);
  assert.equal(await ofProfile('POST', 'profiles/prof/params/other', '1'), 200);
  assert.equal(await ofProfile('GET', 'profiles/global'), 403);
  assert.equal(await ofProfile('GET', `machines/${agent.uuid}`), 403);
  assert.equal(refused, 'InvalidTokenNotAllowedNotOnMachine');
});

test('a machine that is not known gets a token to be made with, and to ask what it is', async () => {
  await running.ok('POST', 'bootenvs', {
    Name: 'discovery',
    OS: { Name: 'discovery' },
    OnlyUnknown: true,
    Templates: [{ Name: 'pxelinux', Path: 'token', Contents: '{{.GenerateToken}}' }],
  });
  await running.ok('POST', 'prefs', { unknownBootEnv: 'discovery' });
  const token = await (await fetch(`${running.endpoint.fileServerUrl}/token`)).text();
  const call = caller(token);
  assert.equal(await call('POST', 'machines', { Name: 'new-one' }), 201);
  assert.equal(await call('POST', 'whoami', {}), 200);
  assert.equal(await call('GET', 'tasks/task-1'), 403);
  await running.ok('POST', 'prefs', { unknownBootEnv: 'ignore' });
});

test('a task may do more than its machine, with a token that ends with the job', async () => {
  const claims = [{ scope: 'profiles', action: 'get', specific: 'global' }];
  await running.ok('POST', 'roles', {
    Name: 'lister',
    Claims: [{ scope: 'machines', action: 'list', specific: '*' }],
  });
  const agent = await make('x', { ExtraClaims: claims, ExtraRoles: ['lister'] });
  const { job } = await agent.next();
  const call = caller(job.Token);
  assert.deepEqual(job.ExtraClaims, [...claims, { scope: 'machines', action: 'list', specific: '*' }]);
  for (const path of ['profiles/global', 'machines', `machines/${agent.uuid}`, `jobs/${job.Uuid}`])
    assert.equal(await call('GET', path), 200, path);
  assert.equal((await agent.job(job.Uuid)).Token, undefined);
  await agent.run(job, 'incomplete');
  const again = await agent.next();
  assert.equal(await caller(again.job.Token)('GET', 'profiles/global'), 200);
  await agent.run(again.job);
  assert.equal(await call('GET', 'profiles/global'), 403);
  assert.equal(await call('GET', `machines/${agent.uuid}`), 403);
});

test('a system finds out which machine it is, by what it is made of', async () => {
  const Fingerprint = { SystemUUID: 'a-uuid', SSNHash: 'AAA=', CSNHash: 'BBB=', MemoryIds: ['one', 'two'] };
  const agent = await make('x', {}, { Fingerprint, HardwareAddrs: ['52:54:00:00:00:01'] });
  const whoami = async (body: unknown) => (await running.ok('POST', 'whoami', body, 200)).Result as RawModel;
  const found = await whoami({ Fingerprint, MacAddrs: ['52:54:00:00:00:01'] });
  assert.deepEqual([found.Score, found.Uuid], [300, agent.uuid]);
  assert.equal(await caller(found.Token)('GET', `machines/${agent.uuid}`), 200);
  assert.equal((await whoami({ OnDiskUUID: agent.uuid })).Score, 1000);
  assert.equal((await whoami({ Fingerprint: { ...Fingerprint, MemoryIds: ['two'] } })).Score, 150);
  assert.deepEqual(await whoami({ Fingerprint: { SystemUUID: 'a-uuid' } }), {});
  assert.deepEqual(await whoami({}), {});
  assert.match(
    await running.refused(400, 'POST', 'whoami', { body: { MacAddrs: 7 } }),
    /^MacAddrs: expected a list/,
  );
});
