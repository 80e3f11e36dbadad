import { setTimeout as sleep } from 'node:timers/promises';
import { SlackFailure } from './failure.ts';

const PAUSES_MS = [500, 1000, 2000];
/** Longer waits are left to the operator. */
const LONGEST_RETRY_MS = 20_000;

/**
 * Makes a call that only reads, and repeats it after temporary failures. Throws the last failure, or the reason of
 * `signal`.
 */
export async function withRetries<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      const pause = PAUSES_MS[tries];
      if (!(error instanceof SlackFailure) || error.kind === 'refused' || pause === undefined) throw error;
      if (error.retryAfterMs > LONGEST_RETRY_MS) throw error;
      await sleep(Math.max(pause, error.retryAfterMs), undefined, { signal }).catch(() =>
        signal.throwIfAborted(),
      );
    }
  }
}
