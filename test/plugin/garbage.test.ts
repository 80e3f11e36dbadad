import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { collectGarbageInTime } from '../../lib/plugin/garbage.ts';
import { churn } from '../support/churn.ts';

const run = promisify(execFile);
const LOOK_MS = 20;
const COLLECTOR = new URL('../../lib/plugin/garbage.ts', import.meta.url).href;
const CHURN = new URL('../support/churn.ts', import.meta.url).href;

/** A collection of flavor `last-resort` has the second flag alone. */
const ASKED_FOR =
  constants.NODE_PERFORMANCE_GC_FLAGS_FORCED | constants.NODE_PERFORMANCE_GC_FLAGS_ALL_AVAILABLE_GARBAGE;

/** Resolves when the collector has returned memory. */
async function memoryReturned(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const observer = new PerformanceObserver((list) => {
    const entries = list.getEntries() as unknown as { detail: { kind: number; flags: number } }[];
    if (entries.some(({ detail }) => (detail.flags & ASKED_FOR) !== 0)) resolve();
  });
  observer.observe({ entryTypes: ['gc'] });
  await promise;
  observer.disconnect();
}

test('a busy process does not let its garbage grow as V8 would', async () => {
  const timer = collectGarbageInTime(LOOK_MS);
  const bounded = await churn();
  clearInterval(timer);
  const alone = await churn();
  assert.ok(bounded < alone * 0.8, `at most ${bounded} bytes, and ${alone} without`);
});

test('optimized code is kept when a busy process collects garbage', async () => {
  const code = `
    import { collectGarbageInTime } from ${JSON.stringify(COLLECTOR)};
    import { churn } from ${JSON.stringify(CHURN)};
    collectGarbageInTime(${LOOK_MS});
    await churn();`;
  const flags = ['--trace-gc', '--trace-deopt', '--no-warnings', '--input-type=module'];
  const { stdout } = await run(process.execPath, [...flags, '--eval', code], { maxBuffer: 2 ** 28 });
  assert.match(stdout, /Mark-Compact/);
  assert.doesNotMatch(stdout, /embedded weak objects cleared/);
});

test('memory is returned at rest', async () => {
  const timer = collectGarbageInTime(LOOK_MS);
  const used = Array.from({ length: 20 }, () => Buffer.alloc(4_000_000, 1));
  await memoryReturned();
  clearInterval(timer);
  assert.equal(used.length, 20);
});
