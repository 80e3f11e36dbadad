import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
import { Running } from './running-endpoint.ts';

const UUID = '3e7031fc-3062-45f1-835c-92541bc9cbd3';
const MACHINE = `machines/${UUID}`;

/** Whether an object can be used, and why not. */
async function state(running: Running, path: string): Promise<unknown[]> {
  const { Validated, Available, Errors } = await running.ok('GET', path);
  assert.equal(Validated, true);
  return [Available, ...(Errors as string[])];
}

const replace = (fields: RawModel) =>
  Object.entries(fields).map(([field, value]) => ({ op: 'replace', path: `/${field}`, value }));

const pack = (sections: Record<string, unknown>) => ({
  meta: { Name: 'later', Version: 'v1.0.0' },
  sections,
});

test('what names something that is not there is kept, says what is missing, and is available once that arrives', async () => {
  await using running = await Running.open();
  const stage = await running.ok('POST', 'stages', {
    Name: 'stg',
    BootEnv: 'env',
    Profiles: ['prof'],
    Tasks: ['task', 'stage:other', 'bootenv:other', 'action:plug:cmd', 'chroot:/x', 'context:c'],
    Templates: [{ Name: 't', Path: 'p', ID: 't.tmpl' }],
  });
  assert.deepEqual(stage.Errors, [
    'Task task (at 0) does not exist',
    'Stage other (at 1) does not exist',
    'BootEnv other (at 2) does not exist',
    'Profile prof does not exist',
    'BootEnv env does not exist',
    'Templates[0]: No common template for t.tmpl',
  ]);
  assert.deepEqual([stage.Validated, stage.Available], [true, false]);
  await running.ok('POST', 'workflows', { Name: 'wf', Stages: ['stg'] });
  assert.deepEqual(await state(running, 'workflows/wf'), [false, 'Stage stg is not available']);
  await running.ok('POST', 'profiles', { Name: 'outer', Profiles: ['prof'] });
  assert.deepEqual(await state(running, 'profiles/outer'), [false, 'Profile prof (at 0) does not exist']);
  await running.ok('POST', 'tasks', { Name: 'task' });
  await running.ok('POST', 'stages', { Name: 'other' });
  await running.ok('POST', 'bootenvs', { Name: 'other' });
  await running.ok('POST', 'profiles', { Name: 'prof' });
  await running.ok('POST', 'bootenvs', { Name: 'env' });
  assert.deepEqual(await state(running, 'stages/stg'), [
    false,
    'Templates[0]: No common template for t.tmpl',
  ]);
  await running.ok('POST', 'templates', { ID: 't.tmpl', Contents: 'x' });
  for (const path of ['stages/stg', 'workflows/wf', 'profiles/outer']) {
    assert.deepEqual(await state(running, path), [true], path);
  }
});

test('a boot environment that starts nothing, and what builds on it, are not available', async () => {
  await using running = await Running.open();
  const { Errors } = await running.ok('POST', 'bootenvs', { Name: 'bare', Kernel: 'vmlinuz' });
  assert.deepEqual(Errors, ['bootenv: Missing OS.Name', 'bootenv: Missing elilo or pxelinux template']);
  await running.ok('POST', 'stages', { Name: 'stg', BootEnv: 'bare' });
  assert.deepEqual(await state(running, 'stages/stg'), [
    false,
    'Stage stg wants BootEnv bare, which is not available',
  ]);
  const good = {
    OS: { Name: 'os' },
    Templates: [{ Name: 'ipxe', Path: 'x.ipxe', Contents: 'exit' }],
  };
  await running.ok('PATCH', 'bootenvs/bare', replace(good));
  assert.deepEqual(await state(running, 'stages/stg'), [true]);
  await running.ok(
    'PATCH',
    'stages/stg',
    replace({ Templates: [{ Name: 'x', Path: 'x.ipxe', Contents: 'y' }] }),
  );
  assert.deepEqual(await state(running, 'stages/stg'), [
    false,
    'Stage stg Template x overlaps with BootEnv bare Template ipxe',
  ]);
});

test('a task of a client needs its templates and prerequisites, one of a content pack may wait for them', async () => {
  await using running = await Running.open();
  const task = { Name: 'task', Templates: [{ Name: 't', ID: 't.tmpl' }], Prerequisites: ['before'] };
  const missing = ['Templates[0]: No common template for t.tmpl', 'Task task missing prerequisite before'];
  assert.equal(await running.refused(422, 'POST', 'tasks', { body: task }), missing.join('\n'));
  const bootenv = { Name: 'env', Templates: [{ Name: 't', Path: 'p', ID: 't.tmpl' }] };
  assert.equal(await running.refused(422, 'POST', 'bootenvs', { body: bootenv }), missing[0]);
  const { Warnings } = await running.ok(
    'POST',
    'contents',
    pack({ tasks: { task }, bootenvs: { env: bootenv } }),
  );
  assert.deepEqual(Warnings, [
    `bootenvs/env: ${missing[0]}`,
    ...missing.map((problem) => `tasks/task: ${problem}`),
  ]);
  assert.deepEqual(await state(running, 'tasks/task'), [false, ...missing]);
  await running.ok('POST', 'tasks', { Name: 'before' });
  await running.ok('POST', 'templates', { ID: 't.tmpl', Contents: 'x' });
  assert.deepEqual(await state(running, 'tasks/task'), [true]);
  assert.deepEqual(await state(running, 'bootenvs/env'), [true]);
});

test('a task that needs itself is refused', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'tasks', { Name: 'aa' });
  await running.ok('POST', 'tasks', { Name: 'bb', Prerequisites: ['aa'] });
  const circle = await running.refused(422, 'PATCH', 'tasks/aa', {
    body: replace({ Prerequisites: ['bb'] }),
  });
  assert.equal(circle, 'Task aa depends on itself!\naa: bb: aa (cycle at 0)');
});

test('a machine whose profile is not there stays, is not runnable, and can be used again when the profile comes', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'machines', { Name: 'm1', Uuid: UUID });
  const changed = await running.ok('PATCH', MACHINE, replace({ Profiles: ['gone'] }));
  assert.deepEqual(
    [changed.Available, changed.Runnable, changed.Errors],
    [false, false, ['Profile gone (at 0) does not exist']],
  );
  const [listed] = await running.list('machines?Available=false');
  assert.equal(listed?.Uuid, UUID);
  const etag = String((await running.call('GET', MACHINE)).headers.etag);
  await running.ok('POST', 'profiles', { Name: 'gone' });
  assert.deepEqual(await state(running, MACHINE), [true]);
  const { status } = await running.call('GET', MACHINE, { headers: { 'If-None-Match': etag } });
  assert.equal(status, 200);
  assert.equal((await running.ok('PATCH', MACHINE, replace({ Runnable: true }))).Runnable, true);
  // What makes one value wrong is said together with what is missing.
  await running.ok('PATCH', MACHINE, replace({ Profiles: ['gone', 'other'] }));
  await running.ok('POST', 'params', { Name: 'a/number', Schema: { type: 'integer' } });
  assert.equal(
    await running.refused(422, 'POST', `${MACHINE}/params/a/number`, { body: '"str"' }),
    [
      "Key 'a/number': invalid val 'str': : (root): Invalid type. Expected: integer, given: string",
      'Profile other (at 1) does not exist',
    ].join('\n'),
  );
});

test('what comes and goes with a content pack takes what names it along, both ways', async () => {
  await using running = await Running.open();
  const sections = {
    profiles: { prof: { Name: 'prof' } },
    stages: { stg: { Name: 'stg', Tasks: ['task'] } },
    tasks: { task: { Name: 'task' } },
  };
  await running.ok('POST', 'contents', pack(sections));
  await running.ok('POST', 'machines', { Name: 'm1', Uuid: UUID, Profiles: ['prof'], Stage: 'stg' });
  const runnable = async () => (await running.ok('GET', MACHINE)).Runnable;
  assert.equal(await runnable(), true);
  assert.equal((await running.call('DELETE', 'contents/later')).status, 204);
  assert.deepEqual(await state(running, MACHINE), [
    false,
    'Profile prof (at 0) does not exist',
    'Stage stg does not exist',
    'Task task (at 0) does not exist',
  ]);
  assert.equal(await runnable(), false);
  await running.ok('POST', 'contents', pack(sections));
  assert.deepEqual(await state(running, MACHINE), [true]);
  assert.equal(await runnable(), true);
});

test('a new machine is refused for what it lacks, unless that is forced', async () => {
  await using running = await Running.open();
  const machine = { Name: 'm1', Uuid: UUID, Profiles: ['gone'] };
  assert.equal(
    await running.refused(422, 'POST', 'machines', { body: machine }),
    'Profile gone (at 0) does not exist',
  );
  const made = await running.ok('POST', 'machines?force=true', machine);
  assert.deepEqual([made.Available, made.Runnable], [false, false]);
  await running.ok('POST', 'bootenvs', { Name: 'bare', Kernel: 'vmlinuz' });
  for (const [fields, expected] of [
    [{ BootEnv: 'bare' }, 'BootEnv bare is not available'],
    [
      { BootEnv: 'ignore' },
      'BootEnv ignore does not allow Machine assignments, it has the OnlyUnknown flag.',
    ],
    [{ BootEnv: 'bar', Stage: 'baz' }, 'Stage baz does not exist\nBootenv bar does not exist'],
    [{ Workflow: 'gone' }, 'Workflow gone does not exist'],
    [{ Tasks: ['foo'] }, 'Task foo (at 0) does not exist'],
    [{ Tasks: ['zip:foo'] }, 'zip:foo (at 0) is malformed'],
  ] as const) {
    const body = { Name: 'm2', ...fields };
    assert.equal(await running.refused(422, 'POST', 'machines', { body }), expected);
  }
});

test('fields that an object does not have are dropped at every level, but kept in types of providers', async () => {
  await using running = await Running.open();
  const machine = await running.ok('POST', 'machines', {
    Name: 'm1',
    Nonesuch: 1,
    Fingerprint: { SystemUUID: 'u', other: 1 },
  });
  assert.equal('Nonesuch' in machine, false);
  assert.deepEqual(machine.Fingerprint, {
    SSNHash: '',
    CSNHash: '',
    CloudInstanceID: '',
    SystemUUID: 'u',
    MemoryIds: [],
  });
  const { Templates } = await running.ok('POST', 'tasks', {
    Name: 'task',
    Templates: [{ name: 't', contents: 'x', Meta: null, zip: 1 }],
  });
  assert.deepEqual(Templates, [{ Name: 't', Path: '', Link: '', ID: '', Contents: 'x', Meta: {} }]);
  const { OS } = await running.ok('POST', 'bootenvs', {
    Name: 'env',
    OS: { Name: 'x', zip: 1, SupportedArchitectures: { amd64: { Kernel: 'k', zip: 2 } } },
  });
  const { SupportedArchitectures } = OS as { SupportedArchitectures: Record<string, RawModel> };
  assert.equal('zip' in (OS as RawModel), false);
  assert.deepEqual(Object.keys(SupportedArchitectures.amd64 ?? {}), [
    'IsoFile',
    'Sha256',
    'IsoUrl',
    'Kernel',
    'Initrds',
    'BootParams',
    'Loader',
  ]);
  await running.ok('POST', 'contents', pack({ cattle: { moo: { Id: 'moo', Weight: 5 } } }));
  assert.equal((await running.ok('GET', 'cattle/moo')).Weight, 5);
});
