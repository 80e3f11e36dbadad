import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Running } from './running-endpoint.ts';

test('preferences have values from the start, are checked, and are set all or none', async () => {
  await using running = await Running.open();
  const before = await running.ok('GET', 'prefs');
  assert.deepEqual(before, {
    defaultBootEnv: 'local',
    defaultStage: 'none',
    defaultWorkflow: '',
    unknownBootEnv: 'ignore',
    knownTokenTimeout: '3600',
    unknownTokenTimeout: '600',
    jobsToKeep: '50',
    failedJobsPurgedAfter: 'never',
    completeJobsPurgedAfter: 'never',
    debugBootEnv: 'warn',
    debugDhcp: 'warn',
    debugFrontend: 'warn',
    debugPlugins: 'warn',
    debugRenderer: 'warn',
    logLevel: 'warn',
  });
  const body = {
    logLevel: 'debug',
    nonesuch: '1',
    defaultBootEnv: 'ignore',
    unknownBootEnv: 'gone',
    defaultStage: 'gone',
    defaultWorkflow: 'gone',
    knownTokenTimeout: 'soon',
    jobsToKeep: 'all',
    failedJobsPurgedAfter: 'soon',
    debugDhcp: 'loud',
    baseTokenSecret: 'short',
    debugPlugins: 7,
  };
  const { status, json } = await running.call('POST', 'prefs', { body });
  assert.equal(status, 400);
  assert.deepEqual(json, {
    Model: 'prefs',
    Key: '',
    Type: 'POST',
    Messages: [
      'Unknown Preference nonesuch',
      'defaultBootEnv: BootEnv ignore does not allow Machine assignments, it has the OnlyUnknown flag.',
      'unknownBootEnv: Bootenv gone does not exist',
      'defaultStage: Stage gone does not exist',
      'defaultWorkflow: Workflow gone does not exist',
      'knownTokenTimeout: strconv.Atoi: parsing "soon": invalid syntax',
      'jobsToKeep: expected a number of jobs, not all',
      'failedJobsPurgedAfter: expected never, seconds, or a time like 1h30m, 7d or 3y, not soon',
      'debugDhcp: Invalid log value loud, expected one of trace, debug, info, warn, error, panic, fatal',
      'baseTokenSecret: Must be 32 bytes long',
      'debugPlugins: expected text',
    ],
    Code: 400,
  });
  assert.deepEqual(await running.ok('GET', 'prefs'), before);
  const set = await running.ok('POST', 'prefs', { logLevel: '2', defaultStage: 'local' });
  assert.deepEqual([set.logLevel, set.defaultStage], ['debug', 'local']);
  assert.equal((await running.ok('POST', 'machines', { Name: 'm1' })).Stage, 'local');
  await running.refused(400, 'POST', 'prefs', { body: [] });
  await running.refused(404, 'GET', 'preferences');
});

test('a machine is made with the preferred workflow, and what is preferred is in use', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'stages', { Name: 'stg' });
  await running.ok('POST', 'workflows', { Name: 'wf', Stages: ['stg'] });
  await running.ok('POST', 'bootenvs', { Name: 'env' });
  await running.ok('POST', 'prefs', { defaultWorkflow: 'wf', defaultBootEnv: 'env' });
  const { Workflow, Stage, BootEnv } = await running.ok('POST', 'machines', { Name: 'm1' });
  assert.deepEqual([Workflow, Stage, BootEnv], ['wf', 'stg', 'env']);
  assert.match(
    await running.refused(409, 'DELETE', 'bootenvs/env'),
    /^BootEnv env is the active defaultBootEnv, cannot remove it/,
  );
});

test('with another token secret, the tokens of before are not valid any more', async () => {
  await using running = await Running.open();
  const authorization = `Basic ${Buffer.from(`rocketskates:${running.endpoint.password}`).toString('base64')}`;
  const body = { baseTokenSecret: 'x'.repeat(32) };
  const reply = await running.call('POST', 'prefs', { body });
  assert.equal(reply.status, 201);
  assert.doesNotMatch(reply.text, /xxx/);
  await running.refused(403, 'GET', 'info');
  const { json } = await running.call('GET', 'users/rocketskates/token', { authorization });
  const token = `Bearer ${(json as { Token: string }).Token}`;
  assert.equal((await running.call('GET', 'info', { authorization: token })).status, 200);
});
