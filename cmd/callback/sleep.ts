import { setTimeout as pause } from 'node:timers/promises';

/** A pause. Throws the reason of the signal when that is aborted. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
