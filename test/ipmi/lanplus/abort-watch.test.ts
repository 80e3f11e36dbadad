import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { AbortWatch } from '../../../lib/ipmi/lanplus/abort-watch.ts';

test('all who wait with a signal fail with its reason, and nobody listens when nobody waits', () => {
  const watch = new AbortWatch();
  const [one, other] = [new AbortController(), new AbortController()];
  const failures: [string, unknown][] = [];
  const waiting = (name: string) => ({ fail: (reason: unknown) => void failures.push([name, reason]) });
  watch.enter(one.signal).add(waiting('a'));
  watch.enter(one.signal).add(waiting('b'));
  watch.enter(other.signal).add(waiting('c'));
  assert.equal(getEventListeners(one.signal, 'abort').length, 1);

  one.abort(new Error('stop'));
  assert.deepEqual(failures, [
    ['a', one.signal.reason],
    ['b', one.signal.reason],
  ]);

  watch.leave(one.signal);
  assert.equal(getEventListeners(one.signal, 'abort').length, 1);
  watch.leave(one.signal);
  watch.leave(other.signal);
  assert.equal(getEventListeners(one.signal, 'abort').length, 0);
  assert.equal(getEventListeners(other.signal, 'abort').length, 0);
});
