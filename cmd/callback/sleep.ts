import { setTimeout as pause } from 'node:timers/promises';

/** Waits for `ms`. Throws the reason of the signal when it is aborted. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
