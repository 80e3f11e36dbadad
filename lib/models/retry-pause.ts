/** Pauses between tries, in units of the first. */
const PAUSES = [1, 2, 3, 5, 8];

/** The longest pause between two tries, in units of the first. */
export const LONGEST_PAUSE = 10;

/** How long to wait for a BMC that is not ready, after so many tries again; in units of the first pause. */
export function retryPause(tries: number): number {
  return PAUSES[tries] ?? LONGEST_PAUSE;
}
