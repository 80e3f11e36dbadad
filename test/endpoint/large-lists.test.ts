import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lookup } from '../../lib/endpoint/state/lookup.ts';
import { PREFIXES } from '../../lib/endpoint/state/prefixes/index.ts';
import { changeMachine } from '../../lib/endpoint/state/prefixes/machine-changes.ts';
import type { RawModel } from '../../lib/models/index.ts';
import { Running } from './running-endpoint.ts';

/** More than a call can have arguments. */
const MANY = 200_000;
const many = (text: string) => Array.from({ length: MANY }, () => text);

/** A store in which the stage `long` has many tasks, none of which is available. */
const store: Lookup = {
  get: (prefix, key) => {
    if (prefix === 'stages') return { Name: key, BootEnv: '', Tasks: many('task'), Meta: {} };
    return prefix === 'workflows' ? { Name: key, Stages: ['long'] } : undefined;
  },
  exists: () => true,
  prefixes: () => [],
  isAvailable: (prefix) => prefix !== 'tasks',
  each: () => [],
  preference: () => '',
};
const machine = (fields: RawModel): RawModel => ({
  Uuid: 'u',
  Workflow: '',
  Stage: 'none',
  BootEnv: 'local',
  Context: '',
  Tasks: [],
  CurrentTask: 0,
  CurrentJob: '',
  Runnable: true,
  Meta: {},
  ...fields,
});
const change = (object: RawModel, original: RawModel) =>
  changeMachine(object, { original, force: false, byJob: false, store } as Parameters<
    typeof changeMachine
  >[1]);

test('a machine gets a workflow with any number of tasks', () => {
  const changed = machine({ Workflow: 'w' });
  assert.equal(change(changed, machine({})).length, MANY);
  assert.equal((changed.Tasks as string[]).length, MANY + 1);
});

test('any number of tasks that are not available is refused one by one', () => {
  const before = machine({ CurrentTask: -1, Tasks: ['old'] });
  assert.equal(change(machine({ CurrentTask: -1, Tasks: many('task') }), before).length, MANY);
});

test('any number of problems of one object is told', async () => {
  const templates = Array.from({ length: MANY }, (_none, at) => ({
    Name: `t${at}`,
    Contents: 'x',
    Path: '',
    Meta: { OS: 'minix' },
  }));
  const task = {
    Name: 'task',
    Templates: templates,
    RequiredParams: [],
    OptionalParams: [],
    Prerequisites: [],
  };
  assert.ok((PREFIXES.tasks?.check?.(task) ?? []).length >= MANY);
  await using running = await Running.open();
  const systems = Array.from({ length: MANY }, () => 'minix').join(',');
  const body = {
    Name: 'task',
    Templates: [{ Name: 't', Contents: 'x', Meta: { OS: systems } }],
    Meta: {},
  };
  const { status, text } = await running.call('POST', 'tasks', { body });
  assert.equal(status, 422, text.slice(0, 300));
  assert.ok(text.split('Invalid OS value').length > MANY);
});
