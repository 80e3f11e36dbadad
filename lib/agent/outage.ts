import { setTimeout as delay } from 'node:timers/promises';
import { ModelError } from '../models/index.ts';

/** How long important requests are repeated while the endpoint does not answer, for a restart or update of it. */
export const OUTAGE_LIMIT_MS = 600_000;
const PAUSES_MS = [500, 1000, 2000, 5000];

/** Whether the endpoint was unreachable or unavailable, so that a retry may succeed. */
function isOutage(error: unknown): boolean {
  return error instanceof ModelError && error.code >= 500;
}

/**
 * Repeats `work` while the endpoint does not answer, for at most `patience` ms or until `signal` is aborted. Repeating
 * `work` must do no harm. Throws the last error.
 */
export async function retryDuringOutage<T>(
  work: () => Promise<T>,
  { patience = OUTAGE_LIMIT_MS, signal }: { patience?: number; signal?: AbortSignal } = {},
): Promise<T> {
  const end = performance.now() + patience;
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const pause = PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? 0;
      if (signal?.aborted || !isOutage(error) || performance.now() + pause > end) throw error;
      await delay(pause, undefined, { signal }).catch(() => {});
    }
  }
}
