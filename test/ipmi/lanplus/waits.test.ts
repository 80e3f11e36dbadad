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

test('waits end when their time is up, whatever was waited for before, and no other', (t) => {
  // On a clock of the test: when a process gets no time for so long, both are over, and end in another order.
  let now = 0;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(performance, 'now', () => now);
  const scene = new Scene();
  const pass = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1) {
      now += 1;
      t.mock.timers.tick(1);
    }
    return scene.ends;
  };
  const rest = scene.add('rest', LONG_MS);
  scene.add('second', 40);
  scene.add('first', 20);
  const answered = scene.add('answered', 1);
  scene.waits.delete(answered);
  assert.deepEqual(pass(18), []);
  assert.deepEqual(pass(12), ['first: late']);
  assert.deepEqual(pass(8), ['first: late']);
  assert.deepEqual(pass(12), ['first: late', 'second: late']);

  scene.waits.delete(rest);
  scene.add('next', 20);
  assert.deepEqual(pass(30), ['first: late', 'second: late', 'next: late']);
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
