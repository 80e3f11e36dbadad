import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Selection } from '../../cmd/callback/selection.ts';
import { settingsFrom } from '../../cmd/callback/settings.ts';
import type { Event } from '../../lib/models/index.ts';

const Url = 'https://hook.example.com/';

function selection(entries: Record<string, object>): (event: Partial<Event>) => string[] {
  const made = new Selection();
  const callbacks = Object.entries(entries).map(([name, entry]) => [name, { Url, ...entry }]);
  made.use(settingsFrom({ 'callback/callbacks': Object.fromEntries(callbacks) }).callbacks);
  return (event) => {
    const whole = {
      Time: '',
      Key: 'k',
      Principal: '',
      Original: undefined,
      Object: {},
      Type: '',
      Action: '',
    };
    return made.firings({ ...whole, ...event }).map(({ callback }) => callback);
  };
}

test('taskcomplete is called by the update with which the last task is done, and by no later one', () => {
  const fires = selection({ taskcomplete: {} });
  const at = (CurrentTask: number, Tasks = ['a', 'b']) => ({ Tasks, CurrentTask });
  const update = (now: object, before?: object) =>
    fires({ Type: 'machines', Action: 'update', Object: now, Original: before });
  assert.deepEqual(update(at(1), at(0)), []);
  assert.deepEqual(update(at(2), at(1)), ['taskcomplete']);
  assert.deepEqual(update({ ...at(2), Description: 'new' }, at(2)), []);
  // A new workflow, whose beginning was not heard of.
  assert.deepEqual(update(at(3, ['a', 'b', 'c']), at(2, ['a', 'b', 'c'])), ['taskcomplete']);
  assert.deepEqual(update(at(0, []), at(-1, [])), []);
  assert.deepEqual(fires({ Type: 'machines', Action: 'save', Object: at(2), Original: at(1) }), []);
});

test('taskcomplete is called once where events do not say what was before', () => {
  const fires = selection({ taskcomplete: {} });
  const done = { Type: 'machines', Action: 'update', Object: { Tasks: ['a'], CurrentTask: 1 } };
  assert.deepEqual([fires(done), fires(done)], [['taskcomplete'], []]);
  assert.deepEqual(fires({ ...done, Object: { Tasks: ['a'], CurrentTask: 0 } }), []);
  assert.deepEqual(fires(done), ['taskcomplete']);
});

test('jobfail is called once for a job, though it is told of as an update and as a save', () => {
  const fires = selection({ jobfail: {} });
  const job = (State: string) => ({ State, Machine: 'm' });
  const tell = (Action: string, now: string, before?: string) =>
    fires({ Type: 'jobs', Action, Object: job(now), Original: before && job(before) });
  assert.deepEqual(tell('update', 'running', 'created'), []);
  assert.deepEqual(tell('update', 'failed', 'running'), ['jobfail']);
  assert.deepEqual(tell('save', 'failed', 'running'), []);
  assert.deepEqual(tell('update', 'failed', 'failed'), []);
  assert.deepEqual(tell('save', 'failed'), []);
  assert.deepEqual(fires({ Type: 'jobs', Action: 'save', Key: 'other', Object: job('failed') }), ['jobfail']);
  assert.deepEqual(
    fires({ Type: 'jobs', Action: 'update', Key: 'late', Object: job('failed'), Original: job('failed') }),
    [],
  );
});

test('other entries are called at the events that they select, and those without never', () => {
  const fires = selection({
    all: { Events: ['*.*.*'] },
    some: { Events: ['profiles.create.*', 'x.y.a.b'] },
    none: {},
  });
  assert.deepEqual(fires({ Type: 'profiles', Action: 'create' }), ['all', 'some']);
  assert.deepEqual(fires({ Type: 'x', Action: 'y', Key: 'a.b' }), ['all', 'some']);
  assert.deepEqual(fires({ Type: 'machines', Action: 'update', Object: { Tasks: ['a'], CurrentTask: 1 } }), [
    'all',
  ]);
  assert.deepEqual(fires({ Type: 'jobs', Action: 'update', Object: { State: 'failed' } }), ['all']);
});
