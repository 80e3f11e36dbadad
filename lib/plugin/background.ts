import { failureText } from './failure-text.ts';
import type { Logger } from './logger.ts';

/** The pause before work that failed is begun again: longer each time, until it has run for a while. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const RESET_MS = 60_000;

/** Runs `work` until it is done or `signal` is aborted, and begins it again when it fails. Never rejects. */
export async function keepRunning(
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  log: Logger,
  firstPauseMs = FIRST_PAUSE_MS,
): Promise<void> {
  for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const began = performance.now();
    try {
      await work(signal);
      return;
    } catch (error) {
      // What fails because it is told to end is no failure.
      if (signal.aborted) return;
      if (performance.now() - began >= RESET_MS) pauseMs = firstPauseMs;
      log.error(`Background work failed, and begins again in ${pauseMs / 1000} s: ${failureText(error)}`);
      await pause(pauseMs, signal);
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const end = () => resolve();
  signal.addEventListener('abort', end);
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', end);
}
