/** Longest pause in seconds. */
const LONGEST_S = 30;
/** Gives up when the next try would begin later than this after the first, in seconds. */
const LIMIT_S = 30;

/** Seconds before the next try after `failed` failures: 1, 2, 4, ... 30. As in moby's pkg/plugins. */
export function retryDelay(failed: number): number {
  return Math.min(2 ** failed, LONGEST_S);
}

/** Whether to give up, `elapsed` seconds after the first try and with `delay` seconds to the next one. */
export function givesUp(elapsed: number, delay: number): boolean {
  return elapsed + delay >= LIMIT_S;
}
