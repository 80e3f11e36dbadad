import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from '../../cmd/slack/pace.ts';

const { signal } = new AbortController();

test('turns in a channel come in order and apart, those in another channel do not wait for them', async () => {
  const pace = new Pace(40);
  const order: string[] = [];
  const times: number[] = [];
  const start = performance.now();
  const take = async (channel: string, name: string) => {
    await pace.turn(channel, signal);
    order.push(name);
    if (channel === 'a') times.push(performance.now() - start);
  };
  await Promise.all([take('a', 'a1'), take('a', 'a2'), take('a', 'a3'), take('b', 'b1')]);
  assert.deepEqual(order, ['a1', 'b1', 'a2', 'a3']);
  // From the start: how late one is seen to have its turn says nothing of the next.
  for (const [at, when] of times.entries()) assert.ok(when >= at * 40, String(times));
});

test('while all is held there are no turns, and after it they are apart again', async () => {
  const pace = new Pace(30);
  const start = performance.now();
  pace.hold(60);
  pace.hold(5);
  const times: number[] = [];
  await Promise.all(
    [1, 2].map(() => pace.turn('a', signal).then(() => times.push(performance.now() - start))),
  );
  assert.ok((times[0] ?? 0) >= 60, String(times));
  assert.ok((times[1] ?? 0) >= 90, String(times));
});

test('a hold that is longer than any timer is waited for all the same', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  const pace = new Pace();
  pace.hold(2 ** 40);
  const stop = new AbortController();
  const turn = pace.turn('a', stop.signal);
  // A timer that is too long warns when it is set.
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  stop.abort(new Error('enough'));
  await assert.rejects(turn, /enough/);
  process.off('warning', note);
  assert.deepEqual(warnings, []);
});

test('the wait is what those in front and a hold make it', async () => {
  const pace = new Pace(1000);
  assert.equal(pace.wait('a'), 0);
  await pace.turn('a', signal);
  const stop = new AbortController();
  const waiting = [1, 2].map(() => pace.turn('a', stop.signal).catch((error: unknown) => error));
  assert.ok(pace.wait('a') > 1500 && pace.wait('a') <= 3000, String(pace.wait('a')));
  pace.hold(60_000);
  assert.ok(pace.wait('b') > 50_000);
  stop.abort('enough');
  assert.deepEqual(await Promise.all(waiting), ['enough', 'enough']);
});

test('a caller that gives up does not hold up others', async () => {
  const pace = new Pace(20);
  await pace.turn('a', signal);
  const gone = new AbortController();
  const first = pace.turn('a', gone.signal);
  const second = pace.turn('a', signal);
  gone.abort(new Error('gone'));
  await assert.rejects(first, /gone/);
  await second;
});
