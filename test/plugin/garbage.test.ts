import assert from 'node:assert/strict';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { test } from 'node:test';
import { collectGarbageInTime } from '../../lib/plugin/garbage.ts';
import { until } from '../support/until.ts';

const LOOK_MS = 20;
/** Of 4 MB each: far more than is used before a collection. */
const MOST_BUFFERS = 200;

/** A collection of flavor `last-resort` has the second flag alone. */
const ASKED_FOR =
  constants.NODE_PERFORMANCE_GC_FLAGS_FORCED | constants.NODE_PERFORMANCE_GC_FLAGS_ALL_AVAILABLE_GARBAGE;

/** Counts the collections that were asked for, rather than begun by V8. */
class Collections implements Disposable {
  count = 0;
  readonly #observer = new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries() as unknown as { detail: { kind: number; flags: number } }[]) {
      const { kind, flags } = detail;
      if (kind === constants.NODE_PERFORMANCE_GC_MAJOR && (flags & ASKED_FOR) !== 0) this.count += 1;
    }
  });

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  [Symbol.dispose](): void {
    this.#observer.disconnect();
  }
}

/** Keeps the process busy. */
class Work implements Disposable {
  #timer = setInterval(() => {
    const end = performance.now() + LOOK_MS / 4;
    while (performance.now() < end);
  }, LOOK_MS / 4);

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

test('garbage is looked for when more and more is used, whether there is work or none', async () => {
  const used: Buffer[] = [];
  for (const isBusy of [true, false]) {
    using collections = new Collections();
    using _work = isBusy ? new Work() : undefined;
    const timer = collectGarbageInTime(LOOK_MS);
    const isCollected = () => {
      if (used.length < MOST_BUFFERS) used.push(Buffer.alloc(4_000_000, 1));
      return collections.count > 0;
    };
    await until(isCollected, `a collection ${isBusy ? 'at work' : 'at rest'}`);
    clearInterval(timer);
  }
  assert.ok(used.length > 1);
});

test('memory of busy times is returned at rest, also when garbage was collected meanwhile', async () => {
  using collections = new Collections();
  const used: Buffer[] = [];
  const timer = collectGarbageInTime(LOOK_MS);
  {
    using _work = new Work();
    const isCollected = () => {
      if (used.length < MOST_BUFFERS) used.push(Buffer.alloc(4_000_000, 1));
      return collections.count > 0;
    };
    await until(isCollected, 'a collection at work');
  }
  const atWork = collections.count;
  await until(() => collections.count > atWork, 'a collection at rest, without anything new');
  clearInterval(timer);
  assert.ok(used.length > 1);
});
