/** The time as background work sees it. A test can replace it by a clock that only the test moves. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits for `ms` (0 or more). Rejects with the reason of the work's signal as soon as that is aborted. */
  sleep(ms: number): Promise<void>;
}

/** The clock of one piece of work. */
export interface WorkClock extends Clock {
  /** Called when the work is over. */
  end(): void;
}

/** Makes the clock for each piece of background work. */
export interface ClockSource {
  /** `signal` is aborted when the work must end. */
  begin(signal: AbortSignal): WorkClock;
}

/** The property of globalThis in which a test puts its ClockSource, before the provider is loaded. */
export const CLOCK_SOURCE = Symbol.for('drp-plugins.clock-source');

/** Node.js fires timers with longer delays at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const computer: ClockSource = {
  begin: (signal) => ({
    now: Date.now,
    async sleep(ms) {
      const end = performance.now() + ms;
      for (let left = ms; left > 0; left = end - performance.now()) {
        await timer(Math.min(left, LONGEST_TIMER_MS), signal);
      }
      signal.throwIfAborted();
    },
    end() {},
  }),
};

export function clockSource(): ClockSource {
  return (globalThis as { [CLOCK_SOURCE]?: ClockSource })[CLOCK_SOURCE] ?? computer;
}

async function timer(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
