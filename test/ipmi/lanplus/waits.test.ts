import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { Waits } from '../../../lib/ipmi/lanplus/waits.ts';
import { until } from '../../support/until.ts';

const LONG_MS = 600_000;

class Scene {
  readonly waits = new Waits();
  readonly ends: string[] = [];

  /** Waits until it is ended. */
  add(name: string, waitMs: number, signal = new AbortController().signal) {
    const wait = {
      until: performance.now() + waitMs,
      signal,
      expire: () => this.end(`${name}: late`, wait),
      fail: (reason: unknown) => this.end(`${name}: ${reason}`, wait),
    };
    this.waits.add(wait);
    return wait;
  }

  end(how: string, wait: Parameters<Waits['add']>[0]): void {
    this.ends.push(how);
    this.waits.delete(wait);
  }
}

test('waits end when their time is up, whatever was waited for before, and no other', async () => {
  const scene = new Scene();
  const rest = scene.add('rest', LONG_MS);
  scene.add('second', 40);
  scene.add('first', 20);
  const answered = scene.add('answered', 1);
  scene.waits.delete(answered);
  await until(async () => scene.ends.length === 2, 'two waits to end');
  // In any order: both are over when a process gets no time for so long.
  assert.deepEqual(scene.ends.toSorted(), ['first: late', 'second: late']);

  scene.waits.delete(rest);
  scene.add('next', 20);
  await until(async () => scene.ends.length === 3, 'the next wait to end');
});

test('those who wait with a signal fail with its reason', () => {
  const scene = new Scene();
  const [one, other] = [new AbortController(), new AbortController()];
  scene.add('a', LONG_MS, one.signal);
  scene.add('b', LONG_MS, one.signal);
  scene.waits.delete(scene.add('c', LONG_MS, one.signal));
  const last = scene.add('d', LONG_MS, other.signal);
  assert.equal(getEventListeners(one.signal, 'abort').length, 1);
  one.abort('stop');
  assert.deepEqual(scene.ends, ['a: stop', 'b: stop']);
  scene.waits.delete(last);
});

test('nobody listens to a signal for long after the last wait with it', async () => {
  const scene = new Scene();
  const [idle, busy] = [new AbortController(), new AbortController()];
  scene.waits.delete(scene.add('a', 20, idle.signal));
  const wait = scene.add('b', LONG_MS, busy.signal);
  const listeners = ({ signal }: AbortController) => getEventListeners(signal, 'abort').length;
  await until(async () => listeners(idle) === 0, 'nobody to listen');
  assert.equal(listeners(busy), 1);
  scene.waits.delete(wait);
});

test('nothing keeps the process going when nobody waits', async () => {
  const scene = new Scene();
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  const first = scene.add('first', LONG_MS);
  assert.equal(timers(), before + 1);
  scene.waits.delete(first);
  assert.equal(timers(), before);
  const second = scene.add('second', LONG_MS);
  assert.equal(timers(), before + 1);
  scene.waits.delete(second);
  assert.equal(timers(), before);
});
