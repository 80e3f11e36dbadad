import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inWords, stagesOf } from '../../lib/inspector/page/workflow/stages.ts';

const Tasks = [
  'stage:discover',
  'bootenv:sledgehammer',
  'inventory',
  'stage:install',
  'raid',
  'action:ipmi:poweron',
  'stage:complete',
];
const states = (CurrentTask: number, State?: string) =>
  stagesOf({ Tasks, CurrentTask }, State === undefined ? undefined : { State }).map(
    ({ name, state, entries }) => `${name} ${state}: ${entries.map((entry) => entry.state).join(' ')}`,
  );

test('entries belong to the stage before them', () => {
  const [discover, install] = stagesOf({ Tasks, CurrentTask: -1 });
  assert.deepEqual(
    discover?.entries.map(({ kind, name }) => [kind, name]),
    [
      ['bootenv', 'sledgehammer'],
      ['task', 'inventory'],
    ],
  );
  assert.deepEqual(install?.entries[1], { kind: 'action', name: 'ipmi:poweron', state: 'waiting' });
  const [first] = stagesOf({ Tasks: ['lonely'], CurrentTask: 0 });
  assert.deepEqual(first, {
    name: '',
    state: 'current',
    entries: [{ kind: 'task', name: 'lonely', state: 'current' }],
  });
});

test('a machine is in one place of its list', () => {
  assert.deepEqual(states(-1), [
    'discover waiting: waiting waiting',
    'install waiting: waiting waiting',
    'complete waiting: ',
  ]);
  assert.deepEqual(states(4, 'running'), [
    'discover done: done done',
    'install current: current waiting',
    'complete waiting: ',
  ]);
  assert.deepEqual(states(4, 'failed'), [
    'discover done: done done',
    'install failed: failed waiting',
    'complete waiting: ',
  ]);
  assert.deepEqual(states(7), ['discover done: done done', 'install done: done done', 'complete done: ']);
});

test('the picture in words', () => {
  const words = (CurrentTask: number, State = 'running') =>
    inWords(stagesOf({ Tasks, CurrentTask }, { State }));
  assert.equal(words(-1), '3 stages, not begun');
  assert.equal(words(2), '3 stages; in stage discover, task inventory is current');
  assert.equal(words(5, 'failed'), '3 stages; in stage install, action ipmi:poweron failed');
  assert.equal(words(7), '3 stages, all done');
});
