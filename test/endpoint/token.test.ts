import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Running } from './running-endpoint.ts';

/** A client with a token of these limits: the status of a call. */
async function limited(running: Running, query: string) {
  const { Token } = await running.ok('GET', `users/rocketskates/token?${query}`);
  return async (method: string, path: string, body?: unknown) => {
    const authorization = `Bearer ${Token}`;
    return (await running.call(method, path, { authorization, body })).status;
  };
}

test('a token is good for the scope, action and keys that it was asked for with, and for the info', async () => {
  await using running = await Running.open();
  for (const Name of ['m1', 'm2']) await running.ok('POST', 'machines', { Name });
  const machines = await limited(running, 'scope=machines,profiles&action=list,get');
  assert.equal(await machines('GET', 'info'), 200);
  assert.equal(await machines('GET', 'machines'), 200);
  assert.equal(await machines('HEAD', 'machines/Name:m1'), 200);
  assert.equal(await machines('GET', 'machines/Name:m1/params'), 200);
  assert.equal(await machines('GET', 'profiles/global'), 200);
  for (const [method, path, body] of [
    ['POST', 'machines', { Name: 'm3' }],
    ['DELETE', 'machines/Name:m1'],
    ['POST', 'machines/Name:m1/params/a', 1],
    ['POST', 'machines/Name:m1/actions/x', {}],
    ['PATCH', 'meta/machines/Name:m1', []],
    ['GET', 'params'],
    ['GET', 'prefs'],
    ['GET', 'contents'],
    ['GET', 'files'],
    ['GET', 'logs'],
    ['GET', 'users/rocketskates/token'],
    ['POST', 'events', {}],
    ['GET', 'plugin-apis/x/y'],
  ] as const) {
    assert.equal(await machines(method, path, body), 403, `${method} ${path}`);
  }
  const one = await limited(running, 'scope=machines&specific=Name:m1');
  assert.equal(await one('GET', 'machines/Name:m1'), 200);
  assert.equal(await one('GET', 'machines/Name:m2'), 403);
  const action = await limited(running, 'scope=machines&action=action:poweron');
  assert.notEqual(await action('POST', 'machines/Name:m1/actions/poweron', {}), 403);
  assert.equal(await action('POST', 'machines/Name:m1/actions/poweroff', {}), 403);
});

test('a token of roles is good for what they claim, and gives no token that is good for more', async () => {
  await using running = await Running.open();
  const Claims = [
    { scope: 'profiles', action: '*', specific: '*' },
    { scope: 'users', action: 'token', specific: '*' },
  ];
  await running.ok('POST', 'roles', { Name: 'profiler', Claims });
  const { Token } = await running.ok('GET', 'users/rocketskates/token?roles=profiler');
  const authorization = `Bearer ${Token}`;
  assert.equal((await running.call('GET', 'profiles', { authorization })).status, 200);
  await running.refused(403, 'GET', 'machines', { authorization });
  const { json } = await running.call('GET', 'users/rocketskates/token', { authorization });
  const next = `Bearer ${(json as { Token: string }).Token}`;
  assert.equal((await running.call('GET', 'profiles', { authorization: next })).status, 200);
  await running.refused(403, 'GET', 'machines', { authorization: next });
  await running.refused(403, 'GET', 'users/rocketskates/token?scope=machines', { authorization });
  await running.ok('POST', 'users', { Name: 'anna' });
  const bare = await running.ok('GET', 'users/anna/token?roles=profiler,superuser');
  await running.refused(403, 'GET', 'profiles', { authorization: `Bearer ${bare.Token}` });
});

test('limits that there are not are refused', async () => {
  await using running = await Running.open();
  for (const [query, code, expected] of [
    ['scope=nothing', 400, "No such scope 'nothing'"],
    ['scope=machines&action=fly', 400, "No such action 'fly'"],
    ['scope=machines&roles=superuser', 400, 'expected roles, or scope, action and specific'],
    ['ttl=-1', 400, 'ttl: not a number of seconds: -1'],
  ] as const) {
    assert.equal(await running.refused(code, 'GET', `users/rocketskates/token?${query}`), expected);
  }
  const body = { Name: 'role', Claims: [{ scope: 'nothing', action: '*', specific: '*' }] };
  assert.equal(await running.refused(422, 'POST', 'roles', { body }), "No such scope 'nothing'");
});

test('with a new password, the tokens of a user are not valid any more', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'users', { Name: 'anna' });
  const { Token } = await running.ok('GET', 'users/anna/token');
  const authorization = `Bearer ${Token}`;
  assert.equal((await running.call('GET', 'info', { authorization })).status, 200);
  await running.ok('PUT', 'users/anna/password', { Password: 'another' });
  await running.refused(403, 'GET', 'info', { authorization });
});
