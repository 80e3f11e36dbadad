import { type Clock, clockSource } from './clock.ts';
import { failureText } from './failure-text.ts';
import type { Logger } from './logger.ts';

/** What runs beside everything else. `signal` says that it is to end. */
export type Work = (signal: AbortSignal, clock: Clock) => Promise<void>;

/** The pause before work that failed is begun again: longer each time, until it has run for a while. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const RESET_MS = 60_000;

/** Runs `work` until it is done or `signal` is aborted, and begins it again when it fails. Never rejects. */
export async function keepRunning(
  work: Work,
  signal: AbortSignal,
  log: Logger,
  firstPauseMs = FIRST_PAUSE_MS,
): Promise<void> {
  const clock = clockSource().begin(signal);
  try {
    for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const began = clock.now();
      try {
        await work(signal, checked(clock));
        return;
      } catch (error) {
        // What fails because it is told to end is no failure.
        if (signal.aborted) return;
        if (clock.now() - began >= RESET_MS) pauseMs = firstPauseMs;
        log.error(`Background work failed, and begins again in ${pauseMs / 1000} s: ${failureText(error)}`);
        await clock.sleep(pauseMs).catch(() => {});
      }
    }
  } finally {
    clock.end();
  }
}

/** What is not a time would make a loop that never rests. */
function checked(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    async sleep(ms) {
      if (!(ms >= 0)) throw new RangeError(`sleep: expected milliseconds, found ${ms}`);
      await clock.sleep(ms);
    },
  };
}
