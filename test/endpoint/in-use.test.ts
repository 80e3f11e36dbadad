import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Running } from './running-endpoint.ts';

const UUID = '3e7031fc-3062-45f1-835c-92541bc9cbd3';

test('what others name is not deleted, and the answer names each of them', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'templates', { ID: 'x.tmpl', Contents: 'x' });
  const Templates = [{ Name: 't', Path: 'p', ID: 'x.tmpl' }];
  await running.ok('POST', 'tasks', { Name: 'task', Templates });
  await running.ok('POST', 'bootenvs', { Name: 'env', Templates });
  await running.ok('POST', 'profiles', { Name: 'prof' });
  await running.ok('POST', 'stages', { Name: 'stg', BootEnv: 'env', Tasks: ['task'], Profiles: ['prof'] });
  await running.ok('POST', 'workflows', { Name: 'wf', Stages: ['stg'] });
  await running.ok('POST', 'machines', { Name: 'm1', Uuid: UUID, Workflow: 'wf' });
  await running.ok('POST', 'roles', { Name: 'role' });
  await running.ok('POST', 'users', { Name: 'anna', Roles: ['role'] });
  await running.ok('POST', 'tenants', { Name: 'tenant', Users: ['anna'] });
  const unused = 'Templates[0]: No common template for x.tmpl';
  for (const [path, code, type, messages] of [
    ['templates/x.tmpl', 409, 'StillInUseError', [unused, unused]],
    [
      'tasks/task',
      409,
      'StillInUseError',
      [`machines:${UUID} still uses task`, 'stages:stg still uses task'],
    ],
    [
      'stages/stg',
      409,
      'StillInUseError',
      ['Stage stg in use by Machine m1', 'Stage stg in use by Workflow wf'],
    ],
    [
      'bootenvs/env',
      409,
      'StillInUseError',
      ['Bootenv env in use by Machine m1', 'Bootenv env in use by Stage stg'],
    ],
    ['profiles/prof', 422, 'ValidationError', ['Stage stg is using profile prof']],
    ['roles/role', 409, 'StillInUseError', ['In use by User anna']],
    ['tenants/tenant', 409, 'StillInUseError', ['Constraining Users: [anna]']],
    [
      'bootenvs/local',
      409,
      'StillInUseError',
      ['BootEnv local is the active defaultBootEnv, cannot remove it', 'Bootenv local in use by Stage local'],
    ],
    [
      'bootenvs/ignore',
      409,
      'StillInUseError',
      ['BootEnv ignore is the active unknownBootEnv, cannot remove it'],
    ],
  ] as const) {
    const { status, json } = await running.call('DELETE', path);
    const [Model, Key] = path.split('/');
    assert.deepEqual(
      [status, json],
      [code, { Model, Key, Type: type, Messages: messages, Code: code }],
      path,
    );
    assert.equal((await running.call('HEAD', path)).status, 200);
  }
  for (const path of [`machines/${UUID}`, 'workflows/wf', 'stages/stg', 'tasks/task', 'bootenvs/env']) {
    await running.ok('DELETE', path);
  }
  await running.ok('DELETE', 'templates/x.tmpl');
  await running.ok('DELETE', 'profiles/prof');
});
