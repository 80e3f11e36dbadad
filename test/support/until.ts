import { setTimeout as pause } from 'node:timers/promises';

/** Far longer than anything takes on a busy machine; a test that reaches it has failed. */
const LIMIT_MS = 120_000;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 50;

/**
 * Waits until a condition holds, and fails saying what was waited for. Looks less often the longer it takes: looking takes
 * time from those who are to bring it about.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  limitMs = LIMIT_MS,
): Promise<void> {
  for (let waited = 0; !(await condition()); ) {
    if (waited > limitMs) throw new Error(`waited in vain for ${what}`);
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS + waited / 10);
    await pause(pauseMs);
    waited += pauseMs;
  }
}
