/** The time of background work. In a test it may stand still until the test moves it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits for `ms`, 0 or more. Rejects, as soon as the work is to end, with the reason of its signal. */
  sleep(ms: number): Promise<void>;
}

/** The clock of one piece of work. */
export interface WorkClock extends Clock {
  /** The work is over. */
  end(): void;
}

/** Gives each piece of work its clock, from its beginning to its end. */
export interface ClockSource {
  /** `signal` says that the work is to end. */
  begin(signal: AbortSignal): WorkClock;
}

/** What a test puts in the place of the computer's clock, before the provider is loaded. */
export const CLOCK_SOURCE = Symbol.for('drp-plugins.clock-source');

/** Timers fire at once when they are set for longer. */
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
