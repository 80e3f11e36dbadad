const LOOK_MS = 2_000;
/** A process that is busy for less than this part of the time counts as idle. */
const IDLE_UTILIZATION = 0.05;
/**
 * A process is at rest when it was idle for this many looks. The code that V8 has optimized suffers from a collection
 * at rest: the next ten thousand actions take a fifth longer. A plugin that is called every few seconds does without.
 */
const LOOKS_UNTIL_REST = 2;
/** Bytes. Collecting less is not worth the 50 ms that it takes. */
const WORTHWHILE = 8 * 1024 * 1024;
/** Limit for the memory of a busy process, as a multiple of its lowest use, in addition to MOST_NEW. */
const MOST_GROWTH = 1.75;
/** Bytes. New objects, of which V8 collects the garbage often enough. */
const MOST_NEW = 16 * 1024 * 1024;

/**
 * Collects garbage earlier than V8 does, which lets garbage grow to three times the memory in use, and keeps the room.
 * A process at rest returns memory to the system; otherwise it would stay as large as it was when busy. The memory of a
 * busy one is bounded: sessions that are kept for ten seconds, for instance, are old objects when they end.
 */
export function collectGarbageInTime(lookMs = LOOK_MS): NodeJS.Timeout {
  let resident = process.memoryUsage.rss();
  let least = usedMemory();
  let before = performance.eventLoopUtilization();
  let idleLooks = 0;
  const look = async () => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    idleLooks = utilization <= IDLE_UTILIZATION ? idleLooks + 1 : 0;
    const isAtRest = idleLooks >= LOOKS_UNTIL_REST;
    least = Math.min(least, usedMemory());
    const isDue = isAtRest
      ? process.memoryUsage.rss() >= resident + WORTHWHILE
      : usedMemory() >= least * MOST_GROWTH + MOST_NEW;
    if (!isDue) return;
    await collectGarbage(isAtRest ? 'last-resort' : 'regular');
    // A regular collection keeps the room, which is returned at rest.
    if (isAtRest) resident = process.memoryUsage.rss();
    // The memory in use may have grown, so the limit follows it.
    least = usedMemory();
  };
  return setInterval(look, lookMs).unref();
}

/** Bytes in JavaScript's heap and buffers. */
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
