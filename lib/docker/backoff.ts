/** No wait is longer. */
const LONGEST_S = 30;
/** Tries are given up when the next one would come later than this after the first. */
const LIMIT_S = 30;

/** Seconds to wait before the next try, when so many have failed already: 1, 2, 4, ... 30. As in moby's pkg/plugins. */
export function retryDelay(failed: number): number {
  return Math.min(2 ** failed, LONGEST_S);
}

/** Whether to give up, when so many seconds have passed since the first try and the next one would be `delay` later. */
export function givesUp(elapsed: number, delay: number): boolean {
  return elapsed + delay >= LIMIT_S;
}
