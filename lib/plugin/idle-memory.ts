const LOOK_MS = 2_000;
/** The part of the time in which a process does something that counts as idle. */
const IDLE_UTILIZATION = 0.05;
/** Less memory than this, in bytes, is not worth a collection, which takes some 50 ms. */
const WORTHWHILE = 8 * 1024 * 1024;

/**
 * Gives memory back when there is nothing to do. V8 collects garbage when it needs room and keeps the room: a process that
 * was busy once would stay as large as it was then.
 */
export function releaseMemoryWhenIdle(): void {
  let resident = process.memoryUsage.rss();
  let before = performance.eventLoopUtilization();
  setInterval(async () => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    if (utilization > IDLE_UTILIZATION || process.memoryUsage.rss() < resident + WORTHWHILE) return;
    await collectGarbage();
    resident = process.memoryUsage.rss();
  }, LOOK_MS).unref();
}

/**
 * Collects all that can be had. Started with `--expose-gc`, Node.js would have `gc` at once, but not accept the code cache of
 * its own modules, which was made without: 10 ms more until READY!.
 */
async function collectGarbage(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as NonNullable<typeof globalThis.gc>;
  setFlagsFromString('--no-expose-gc');
  gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
