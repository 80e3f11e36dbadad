import { setTimeout as pause } from 'node:timers/promises';

/** Far longer than anything takes on a busy machine; a test that reaches it has failed. */
const LIMIT_MS = 30_000;

/** Waits until a condition holds, and fails saying what was waited for. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  limitMs = LIMIT_MS,
): Promise<void> {
  for (let waited = 0; !(await condition()); waited += 5) {
    if (waited > limitMs) throw new Error(`waited in vain for ${what}`);
    await pause(5);
  }
}
