import assert from 'node:assert/strict';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext, Script } from 'node:vm';
import { collectGarbageInTime } from '../../lib/plugin/garbage.ts';

const LOOK_MS = 20;
/** A look itself takes 2 ms of CPU, which must not count as work. */
const REST_LOOK_MS = 1_000;
/** Objects that are alive at a time: 24 MB. Each is old when it becomes garbage. */
const ALIVE = 240;
/** How many objects are made: 360 MB. */
const MADE = 3_600;

/** A collection of flavor `last-resort` has the second flag alone. */
const ASKED_FOR =
  constants.NODE_PERFORMANCE_GC_FLAGS_FORCED | constants.NODE_PERFORMANCE_GC_FLAGS_ALL_AVAILABLE_GARBAGE;

/** Counts the collections that were asked for, rather than begun by V8. */
class AskedFor implements Disposable {
  count = 0;
  #next = Promise.withResolvers<void>();
  readonly #observer = new PerformanceObserver((list) => {
    const entries = list.getEntries() as unknown as { detail: { kind: number; flags: number } }[];
    const asked = entries.filter(({ detail }) => (detail.flags & ASKED_FOR) !== 0).length;
    if (asked === 0) return;
    this.count += asked;
    this.#next.resolve();
    this.#next = Promise.withResolvers<void>();
  });

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** The next one. Looking for it again and again would be work. */
  get next(): Promise<void> {
    return this.#next.promise;
  }

  [Symbol.dispose](): void {
    this.#observer.disconnect();
  }
}

/** Makes objects that live as long as a session. Returns the most memory that was used, in bytes. */
async function churn(between = () => {}): Promise<number> {
  let peak = 0;
  const alive: unknown[] = [];
  for (let made = 0; made < MADE; made += 1) {
    alive[made % ALIVE] = Array.from({ length: 2_000 }, (_, index) => ({ index, made }));
    peak = Math.max(peak, process.memoryUsage().heapUsed);
    between();
    await turn();
  }
  return peak;
}

/** Has the process use all of a processor, as far as it can see: on a busy machine it gets little of one. */
function useProcessor(): Disposable {
  const cpuUsage = mock.method(process, 'cpuUsage', () => ({ user: performance.now() * 1000, system: 0 }));
  return { [Symbol.dispose]: () => cpuUsage.mock.restore() };
}

// First, while the process is small.
test('memory is returned at rest: that of busy times, and what was used at rest', async () => {
  using asked = new AskedFor();
  const timer = collectGarbageInTime(REST_LOOK_MS);
  const busy = useProcessor();
  await churn();
  busy[Symbol.dispose]();
  assert.equal(asked.count, 0);
  await asked.next;
  const used = Array.from({ length: 20 }, () => Buffer.alloc(4_000_000, 1));
  await asked.next;
  clearInterval(timer);
  assert.equal(used.length, 20);
});

test('a busy process does not let its garbage grow as V8 would', async () => {
  using _ = useProcessor();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  // More than once: V8 does not begin a collection each time that it is made to.
  for (let times = 0; times < 3; times += 1) {
    collect();
    using asked = new AskedFor();
    const timer = collectGarbageInTime(LOOK_MS);
    const bounded = await churn();
    clearInterval(timer);
    // One that is asked for throws away optimized code.
    assert.equal(asked.count, 0);
    collect();
    const alone = await churn();
    assert.ok(bounded < alone * 0.8, `at most ${bounded} bytes, and ${alone} without`);
  }
});

test('scripts that are loaded meanwhile have their code cache', async () => {
  // V8 compares the lengths, and keeps what it has compiled: each is to be one that it has not.
  const source = (number: number) => `exports.answer = () => ${1e6 + number};`;
  const cachedData = new Script(source(0)).createCachedData();
  const timer = collectGarbageInTime(LOOK_MS);
  let loaded = 0;
  let rejected = 0;
  await churn(() => {
    loaded += 1;
    if (new Script(source(loaded), { cachedData }).cachedDataRejected) rejected += 1;
  });
  clearInterval(timer);
  assert.equal(rejected, 0);
});
