const LOOK_MS = 2_000;
/** A process that is busy for less than this part of the time counts as idle. */
const IDLE_UTILIZATION = 0.05;
/** Bytes. Collecting less is not worth the 50 ms that it takes. */
const WORTHWHILE = 8 * 1024 * 1024;

/**
 * Gives memory back to the system while the process is idle. V8 collects garbage when it needs room and keeps the room,
 * so that a process which was busy once would stay as large as it was then.
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
 * Runs a full garbage collection. The flag is set at run time: with `--expose-gc` on the command line Node.js does not
 * accept the code cache of its own modules, and READY! comes 10 ms later.
 */
async function collectGarbage(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as NonNullable<typeof globalThis.gc>;
  setFlagsFromString('--no-expose-gc');
  gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
