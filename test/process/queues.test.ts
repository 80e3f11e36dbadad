import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedQueue, type KeyedQueueRules } from '../../lib/process/index.ts';
import { until } from '../support/until.ts';

const never = new AbortController().signal;

function turns(rules: Partial<KeyedQueueRules> = {}) {
  return new KeyedQueue({
    atOnce: 2,
    waitLimitMs: 60_000,
    cancelled: (key) => new Error(`${key} cancelled`),
    late: (key, limitMs) => new Error(`${key} late after ${limitMs}`),
    ...rules,
  });
}

/** Work that notes its start and its end, and ends when told to. */
function work(notes: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    end: resolve,
    run: async () => {
      notes.push(`start ${name}`);
      await promise;
      notes.push(`end ${name}`);
    },
  };
}

test('work on one key is done one after the other, while another key does not wait', async () => {
  const keyed = turns();
  const notes: string[] = [];
  const [first, second, other] = [work(notes, 'a1'), work(notes, 'a2'), work(notes, 'b')];
  const all = [
    keyed.alone('a', never, first.run),
    keyed.alone('a', never, second.run),
    keyed.alone('b', never, other.run),
  ];
  other.end();
  await all[2];
  assert.deepEqual(notes, ['start a1', 'start b', 'end b']);
  second.end();
  first.end();
  await Promise.all(all);
  assert.deepEqual(notes.slice(3), ['end a1', 'start a2', 'end a2']);
});

test('work that fails gives its turn back, and its error is what the caller sees', async () => {
  const keyed = turns();
  await assert.rejects(
    keyed.alone('a', never, () => Promise.reject(new Error('broken'))),
    /broken/,
  );
  assert.equal(await keyed.alone('a', never, async () => 'done'), 'done');
});

test('no more tasks run than the bound, whatever their keys', async () => {
  const keyed = turns({ atOnce: 2 });
  const notes: string[] = [];
  const works = ['a', 'b', 'c'].map((key) => ({ key, ...work(notes, key) }));
  const all = works.map(({ key, run }) => keyed.task(key, never, run));
  await until(() => notes.length > 0, 'the first tasks to start');
  assert.deepEqual(notes, ['start a', 'start b']);
  for (const { end } of works) end();
  await Promise.all(all);
  assert.equal(notes.length, 6);
});

test('tasks that take long let others run, up to a bound of their own', async () => {
  const keyed = turns({ atOnce: 1, slow: { afterMs: 1, atOnce: 2 } });
  const notes: string[] = [];
  const works = ['a', 'b', 'c', 'd'].map((key) => ({ key, ...work(notes, key) }));
  const all = works.map(({ key, run }) => keyed.task(key, never, run));
  // Two are slow; the third keeps the only turn, as no more may be slow.
  await until(() => notes.includes('start c'), 'the third task to start');
  assert.deepEqual(notes, ['start a', 'start b', 'start c']);
  works[0]?.end();
  await until(() => notes.includes('start d'), 'the fourth task to start');
  for (const { end } of works) end();
  await Promise.all(all);
  const after = ['f', 'g'].map((key) => ({ key, ...work(notes, key) }));
  const last = after.map(({ key, run }) => keyed.task(key, never, run));
  await until(() => notes.includes('start g'), 'all turns to be given back');
  for (const { end } of after) end();
  await Promise.all(last);
});

test('a task that is expected to be slow takes no turn from the others', async () => {
  const keyed = turns({ atOnce: 1, slow: { afterMs: 60_000, atOnce: 1 } });
  const notes: string[] = [];
  const [dead, dead2, well] = [work(notes, 'dead'), work(notes, 'dead2'), work(notes, 'well')];
  const slow = [keyed.task('a', never, dead.run, 'slow'), keyed.task('b', never, dead2.run, 'slow')];
  const quick = keyed.task('c', never, well.run);
  well.end();
  await quick;
  assert.deepEqual(notes, ['start dead', 'start well', 'end well']);
  dead.end();
  await until(() => notes.includes('start dead2'), 'the turn of the slow one to be given back');
  dead2.end();
  await Promise.all(slow);
  await keyed.task('c', never, async () => notes.push('again'));
  assert.equal(notes.at(-1), 'again');
});

test('who waits can be cancelled, and gives up by himself at the limit', async () => {
  const keyed = turns({ waitLimitMs: 20 });
  const first = work([], 'a');
  const running = keyed.alone('a', never, first.run);
  const stopping = new AbortController();
  const cancelled = assert.rejects(keyed.alone('a', stopping.signal, first.run), /a cancelled/);
  stopping.abort();
  await cancelled;
  await assert.rejects(keyed.alone('a', never, first.run), /a late after 20/);
  first.end();
  await running;
  assert.equal(await keyed.alone('a', never, async () => 'done'), 'done');
});
