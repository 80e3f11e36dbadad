import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Jobs } from '../../cmd/packet-ipmi/jobs.ts';

const forever = (signal: AbortSignal) => delay(1_000_000, 'never', { signal });
const reason = new Error('replaced');

test('a job of the kind that runs is the one that runs, other kinds wait for it', async () => {
  const jobs = new Jobs<string>(new AbortController().signal);
  const { promise, resolve } = Promise.withResolvers<string>();
  const order: string[] = [];
  const first = jobs.start('m', 'order', async () => {
    order.push('first');
    return promise;
  });
  const same = jobs.start('m', 'order', async () => assert.fail('it runs already'));
  const other = jobs.start('m', 'discard', async () => {
    order.push('other');
    return 'other';
  });
  const elsewhere = await jobs.start('n', 'order', async () => 'elsewhere');
  assert.equal(elsewhere, 'elsewhere');
  assert.deepEqual(order, ['first']);
  resolve('done');
  assert.deepEqual(await Promise.all([first, same, other]), ['done', 'done', 'other']);
  assert.deepEqual(order, ['first', 'other']);
});

test('a job in place of another begins when that has ended', async () => {
  const jobs = new Jobs<string>(new AbortController().signal);
  const order: string[] = [];
  const first = jobs.start('m', 'order', async (signal) => {
    try {
      return await forever(signal);
    } finally {
      await delay(5);
      order.push('first ended');
    }
  });
  await delay(0);
  const second = jobs.replace(
    'm',
    'order',
    async () => {
      order.push('second');
      return 'second';
    },
    reason,
  );
  await assert.rejects(first);
  assert.equal(await second, 'second');
  assert.deepEqual(order, ['first ended', 'second']);
});

test('a job that is replaced before it began does not begin', async () => {
  const jobs = new Jobs<string>(new AbortController().signal);
  const running = jobs.start('m', 'order', forever);
  const waiting = jobs.replace('m', 'discard', async () => assert.fail('it was replaced'), reason);
  const last = jobs.replace('m', 'order', async () => 'last', reason);
  await assert.rejects(running);
  await assert.rejects(waiting, reason);
  assert.equal(await last, 'last');
});

test('all jobs end with the signal, and none is left', async () => {
  const stop = new AbortController();
  const jobs = new Jobs<string>(stop.signal);
  const running = ['a', 'b', 'c'].map((key) => jobs.start(key, 'order', forever));
  stop.abort(reason);
  await jobs.ended();
  for (const job of running) await assert.rejects(job);
  await assert.rejects(
    jobs.start('d', 'order', async () => 'too late'),
    reason,
  );
});
