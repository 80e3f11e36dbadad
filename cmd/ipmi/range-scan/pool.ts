import { setTimeout as pause } from 'node:timers/promises';

export interface PoolLimits {
  atOnce: number;
  /** How many tasks may start per second. */
  perSecond: number;
  signal: AbortSignal;
}

/**
 * Runs `work` for the numbers from 0 to `count` - 1, in order and many in parallel. After the first failure or an abort
 * no more are started, the running ones get an aborted signal, and the error is thrown when all have ended.
 */
export async function forEachIndex(
  count: number,
  { atOnce, perSecond, signal }: PoolLimits,
  work: (index: number, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failure = new AbortController();
  const stopping = AbortSignal.any([signal, failure.signal]);
  let next = 0;
  let slot = performance.now();
  const worker = async () => {
    while (next < count && !stopping.aborted) {
      const index = next;
      next += 1;
      const now = performance.now();
      slot = Math.max(slot, now);
      const wait = slot - now;
      slot += 1000 / perSecond;
      try {
        // Timers have a resolution of a millisecond.
        if (wait >= 1) await pause(wait, undefined, { signal: stopping });
        await work(index, stopping);
      } catch (error) {
        failure.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
  stopping.throwIfAborted();
}
