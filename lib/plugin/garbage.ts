const LOOK_MS = 2_000;
/** A process that is busy for less than this part of the time counts as idle. */
const IDLE_UTILIZATION = 0.05;
/** Bytes. Collecting less is not worth the 50 ms that it takes. */
const WORTHWHILE = 8 * 1024 * 1024;
/** A busy process may use so many times what it used at the least, besides WORTHWHILE. */
const MOST_GROWTH = 1.5;

/**
 * Collects garbage sooner than V8 does, which lets old garbage grow to three times what is used, and keeps the room. An idle
 * process gives memory back to the system: it would stay as large as it was when it was busy. What a busy one uses is
 * bounded: thousands of sessions that are kept for ten seconds are old when they end.
 */
export function collectGarbageInTime(lookMs = LOOK_MS): NodeJS.Timeout {
  let resident = process.memoryUsage.rss();
  let least = usedMemory();
  let before = performance.eventLoopUtilization();
  const look = async () => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    const isIdle = utilization <= IDLE_UTILIZATION;
    least = Math.min(least, usedMemory());
    const isDue = isIdle
      ? process.memoryUsage.rss() >= resident + WORTHWHILE
      : usedMemory() >= least * MOST_GROWTH + WORTHWHILE;
    if (!isDue) return;
    await collectGarbage(isIdle ? 'last-resort' : 'regular');
    resident = process.memoryUsage.rss();
    // What is used now may be more than before: then it may grow from there.
    least = usedMemory();
  };
  return setInterval(look, lookMs).unref();
}

/** Bytes of JavaScript's heap and of buffers. */
function usedMemory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * Runs a full garbage collection. The flag is set at run time: with `--expose-gc` on the command line Node.js does not
 * accept the code cache of its own modules, and READY! comes 10 ms later.
 */
async function collectGarbage(flavor: 'regular' | 'last-resort'): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as NonNullable<typeof globalThis.gc>;
  setFlagsFromString('--no-expose-gc');
  gc({ type: 'major', execution: 'sync', flavor });
}
