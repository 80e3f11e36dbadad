const LOOK_MS = 2_000;
/** A process that uses less than this part of a processor counts as idle. */
const IDLE_SHARE = 0.03;
/** A process is at rest when it was idle for this many looks. */
const LOOKS_UNTIL_REST = 2;
/** Bytes. Collecting less is not worth the 50 ms that it takes. */
const WORTHWHILE = 8 * 1024 * 1024;
/** Limit for the memory of a busy process, as a multiple of its lowest use, in addition to MOST_NEW. */
const MOST_GROWTH = 1.5;
/** Bytes. New objects, of which V8 collects the garbage often enough. */
const MOST_NEW = 8 * 1024 * 1024;

/**
 * Collects garbage earlier than V8 does, which lets garbage grow to three times the memory in use, and keeps the room.
 * A process at rest returns memory to the system; otherwise it would stay as large as it was when busy. The memory of a
 * busy one is bounded: sessions that are kept for ten seconds, for instance, are old objects when they end.
 */
export function collectGarbageInTime(lookMs = LOOK_MS): NodeJS.Timeout {
  let resident = process.memoryUsage.rss();
  let least = usedMemory();
  let before = usage();
  let idleLooks = 0;
  let isCollecting = false;
  const collected = () => {
    isCollecting = false;
    // The memory in use may have grown, so the limit follows it.
    least = usedMemory();
  };
  const look = async () => {
    const now = usage();
    const share = (now.cpuMs - before.cpuMs) / (now.time - before.time);
    before = now;
    idleLooks = share <= IDLE_SHARE ? idleLooks + 1 : 0;
    const used = usedMemory();
    least = Math.min(least, used);
    if (idleLooks >= LOOKS_UNTIL_REST) {
      if (process.memoryUsage.rss() < resident + WORTHWHILE) return;
      await collectAll();
      resident = process.memoryUsage.rss();
      collected();
    } else if (used >= least * MOST_GROWTH + MOST_NEW) {
      if (!isCollecting) {
        isCollecting = true;
        await afterCollection(collected);
      }
      // At each look until it is done: V8 may find reasons not to begin. It keeps the room, which is returned at rest.
      await beginCollection();
    }
  };
  return setInterval(look, lookMs).unref();
}

/** CPU time so far: on a busy machine the time in which callbacks run says little. */
function usage(): { time: number; cpuMs: number } {
  const { user, system } = process.cpuUsage();
  return { time: performance.now(), cpuMs: (user + system) / 1000 };
}

/** Bytes in JavaScript's heap and buffers. */
function usedMemory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Calls `done` once, when V8 has ended its next collection of all garbage. */
async function afterCollection(done: () => void): Promise<void> {
  const { constants, PerformanceObserver } = await import('node:perf_hooks');
  const observer = new PerformanceObserver((list) => {
    const entries = list.getEntries() as unknown as { detail: { kind: number } }[];
    if (!entries.some(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR)) return;
    observer.disconnect();
    done();
  });
  observer.observe({ entryTypes: ['gc'] });
}

/**
 * Has V8 begin a collection of its own now, unless it is collecting. One that is asked for would throw away the optimized
 * code for all classes without an object at this moment, which then takes thousands of calls to come back.
 */
async function beginCollection(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  // Nothing is loaded meanwhile: V8 accepts code caches only with the flags that they were made with.
  setFlagsFromString('--incremental-marking-hard-trigger=1');
  fillPage();
  setFlagsFromString('--incremental-marking-hard-trigger=0');
}

/**
 * Fills a page of V8's memory for old objects, 256 KiB: V8 looks at its limits when it takes the next one. New names of
 * properties are old from the beginning, with at least 32 bytes each.
 */
function fillPage(): void {
  const prefix = `filled at ${performance.now()}: `;
  for (let count = 0; count < 10_000; count += 1) Object.create(null)[`${prefix}${count}`] = 0;
}

/**
 * Runs a full garbage collection that returns memory. The flag is set at run time: with `--expose-gc` on the command
 * line Node.js does not accept the code cache of its own modules, and READY! comes 10 ms later.
 */
async function collectAll(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as NonNullable<typeof globalThis.gc>;
  setFlagsFromString('--no-expose-gc');
  gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
