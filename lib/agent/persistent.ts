import { setTimeout as delay } from 'node:timers/promises';
import { ModelError } from '../models/index.ts';

/** How long what must not get lost is tried again while the endpoint does not answer: a restart, an update. */
export const PATIENCE_MS = 600_000;
const PAUSES_MS = [500, 1000, 2000, 5000];

/** The endpoint was not reached, or was not itself: it may answer later. */
export function isOutage(error: unknown): boolean {
  return error instanceof ModelError && error.code >= 500;
}

/**
 * Does `work` again while the endpoint does not answer, until `patience` milliseconds are over or `signal` is aborted. What
 * is tried must do no harm twice. Throws what the last try threw.
 */
export async function persistently<T>(
  work: () => Promise<T>,
  { patience = PATIENCE_MS, signal }: { patience?: number; signal?: AbortSignal } = {},
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
