import { performance } from 'node:perf_hooks';

const LOOK_MS = 2_000;
/** The part of the time in which a process does something that counts as idle. */
const IDLE_UTILIZATION = 0.05;
/** Less memory than this, in bytes, is not worth a collection, which takes some 50 ms. */
const WORTHWHILE = 8 * 1024 * 1024;

/**
 * Gives memory back when there is nothing to do. V8 collects garbage when it needs room and keeps the room: a process that
 * was busy once would stay as large as it was then. Does nothing where `--expose-gc` was not given.
 */
export function releaseMemoryWhenIdle(): void {
  const { gc } = globalThis;
  if (gc === undefined) return;
  let resident = process.memoryUsage.rss();
  let before = performance.eventLoopUtilization();
  setInterval(() => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    if (utilization > IDLE_UTILIZATION || process.memoryUsage.rss() < resident + WORTHWHILE) return;
    gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    resident = process.memoryUsage.rss();
  }, LOOK_MS).unref();
}
