import { type Clock, clockSource } from './clock.ts';
import { failureText } from './failure-text.ts';
import type { Logger } from './logger.ts';

/** Work that runs beside the requests. It must end when `signal` is aborted. */
export type Work = (signal: AbortSignal, clock: Clock) => Promise<void>;

/**
 * Pause in ms before failed work is started again. It doubles up to a minute, and is reset once the work has run long
 * enough.
 */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const RESET_MS = 60_000;

/** Runs `work` until it returns or `signal` is aborted, and restarts it when it fails. Never rejects. */
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
        // An error after the abort is how the work ends, not a failure.
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

/** Refuses pauses that are negative or not a number: with them, a loop would spin instead of sleep. */
function checked(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    async sleep(ms) {
      if (!(ms >= 0)) throw new RangeError(`sleep: expected milliseconds, found ${ms}`);
      await clock.sleep(ms);
    },
  };
}
