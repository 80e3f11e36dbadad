import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Burst } from '../../../lib/ipmi/lanplus/burst.ts';

function isFree(burst: Burst): boolean {
  return burst.room() === undefined;
}

test('as many as there may be are outstanding, and the next goes when one is answered', async () => {
  const burst = new Burst(2, 2_000);
  const [first] = [burst.begin(), burst.begin()];
  const room = burst.room();
  assert.ok(room !== undefined);
  burst.end(first);
  // Answered twice, it counts once.
  burst.end(first);
  await room;
  assert.equal(isFree(burst), true);
  burst.begin();
  const waiting = burst.room();
  assert.ok(waiting !== undefined);
  burst.end(burst.begin());
});

test('those that nobody answers are not counted after a while, and who waits goes on', async () => {
  const burst = new Burst(1, 20);
  const silent = burst.begin();
  let room = burst.room();
  assert.ok(room !== undefined);
  for (; room !== undefined; room = burst.room()) await room;
  const next = burst.begin();
  burst.end(silent);
  assert.equal(isFree(burst), false);
  burst.end(next);
  assert.equal(isFree(burst), true);
});

test('a wait ends also when its timer is early', async (t) => {
  let now = 1_000;
  t.mock.method(performance, 'now', () => now);
  const burst = new Burst(1, 5);
  burst.begin();
  const room = burst.room();
  assert.ok(room !== undefined);
  // By this clock the time is not over when the first timer fires.
  const clock = setInterval(() => {
    now += 2;
  }, 10);
  await room;
  clearInterval(clock);
});

test('thousands one after the other are counted right', () => {
  const burst = new Burst(3, 2_000);
  for (let count = 0; count < 5_000; count += 1) {
    assert.equal(burst.room(), undefined);
    burst.end(burst.begin());
  }
  for (let count = 0; count < 3; count += 1) burst.begin();
  assert.equal(isFree(burst), false);
});
