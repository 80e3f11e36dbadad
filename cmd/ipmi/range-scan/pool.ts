import { setTimeout as pause } from 'node:timers/promises';

export interface PoolLimits {
  atOnce: number;
  /** How many may be begun in a second. */
  perSecond: number;
  signal: AbortSignal;
}

/**
 * Does `work` for the numbers from 0 to `count` - 1, in their order and many at once. After the first failure, or an
 * abort, no more are begun, those that run are told by their signal, and it is thrown when all have ended.
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
        // Timers count in whole milliseconds.
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
